import { toNetwork } from '@ramal/runtime';

/** Failed logins of the last while, by user and by where they come from; in memory, for this gateway alone. */
export interface LoginLimit {
  /** Counts an attempt as failed; null when there were too many. */
  begin(tenant: string, user: string, remoteAddress: string): { forgive(): void } | null;
}

const WINDOW_MS = 15 * 60 * 1000;
const MOST_PER_USER = 20;
/** A whole office may stand behind one address. */
const MOST_PER_NETWORK = 200;
const MOST_KEYS = 20_000;

interface Count {
  failed: number;
  endsAtMs: number;
}

export function createLoginLimit(now: () => number): LoginLimit {
  const counts = new Map<string, Count>();

  const countOf = (key: string): Count => {
    const known = counts.get(key);
    if (known !== undefined && known.endsAtMs > now()) return known;
    const count = { failed: 0, endsAtMs: now() + WINDOW_MS };
    // Put last, so that the map stays in the order in which windows end.
    counts.delete(key);
    counts.set(key, count);
    for (const [oldest, { endsAtMs }] of counts) {
      if (endsAtMs > now() && counts.size <= MOST_KEYS) break;
      counts.delete(oldest);
    }
    return count;
  };

  return {
    begin(tenant, user, remoteAddress) {
      const ofUser = countOf(JSON.stringify(['user', tenant, user]));
      const ofNetwork = countOf(JSON.stringify(['network', toNetwork(remoteAddress)]));
      if (ofUser.failed >= MOST_PER_USER || ofNetwork.failed >= MOST_PER_NETWORK) return null;
      ofUser.failed += 1;
      ofNetwork.failed += 1;
      return {
        forgive() {
          ofUser.failed -= 1;
          ofNetwork.failed -= 1;
        },
      };
    },
  };
}
