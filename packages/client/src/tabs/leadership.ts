import type { TabPlatform } from './tab-platform.ts';

/** One tab of a group leads: the one that holds a lock, which the browser passes on when that tab closes or dies. */
export interface Leadership {
  /** Waits in line for the lead. */
  queue(): void;
  /** Takes the lead from a tab that does not answer any more. */
  steal(): void;
  /** Gives the lead up, or the place in line. */
  release(): void;
}

/** @param onLost the lead was stolen */
export function createLeadership(
  locks: TabPlatform['locks'],
  name: string,
  handlers: { onLead(): void; onLost(): void },
): Leadership {
  let current: { abort: AbortController; letGo: () => void; leads: boolean } | null = null;

  const request = (steal: boolean) => {
    release();
    const abort = new AbortController();
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const mine = { abort, letGo, leads: false };
    current = mine;
    const hold = () => {
      if (current !== mine) return Promise.resolve();
      mine.leads = true;
      handlers.onLead();
      return held;
    };
    // A lock is stolen or waited for: the two options exclude each other.
    const asked = steal
      ? locks.request(name, { steal: true }, hold)
      : locks.request(name, { signal: abort.signal }, hold);
    asked.catch(() => {
      // Stolen, or given up.
      if (current !== mine) return;
      current = null;
      if (mine.leads) handlers.onLost();
    });
  };
  const release = () => {
    const last = current;
    current = null;
    if (last === null) return;
    if (last.leads) last.letGo();
    else last.abort.abort();
  };
  return { queue: () => request(false), steal: () => request(true), release };
}
