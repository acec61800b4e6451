import type { Fronts } from './tab-messages.ts';
import type { TabPlatform } from './tab-platform.ts';

interface TabSeen {
  focusedAt: number;
  focused: boolean;
}

/** Pop-ups may go without a word; more than stand at a time need not be remembered. */
const MOST_FRONTS = 200;

/** The leader's list of tabs, and of which one brings a pop-up to the front: the one that was looked at last when it came. */
export class TabRoster {
  readonly #platform: TabPlatform;
  readonly #lockOf: (tab: string) => string;
  readonly #onGone: () => void;
  readonly #tabs = new Map<string, TabSeen>();
  readonly #watches = new Map<string, AbortController>();
  #fronts = new Map<string, string>();

  /** @param lockOf the lock that a tab holds as long as it lives */
  constructor(platform: TabPlatform, lockOf: (tab: string) => string, onGone: () => void) {
    this.#platform = platform;
    this.#lockOf = lockOf;
    this.#onGone = onGone;
  }

  get fronts(): Fronts {
    return Object.fromEntries(this.#fronts);
  }

  /** Whether somebody looks at any of them. */
  get focused(): boolean {
    return [...this.#tabs.values()].some(({ focused }) => focused);
  }

  /** A tab is there, and says when it was looked at. `own` is this very tab, which need not be watched. */
  note(tab: string, seen: TabSeen, own = false): void {
    if (!this.#tabs.has(tab) && !own) this.#watch(tab);
    this.#tabs.set(tab, seen);
  }

  /** A tab has gone: what it had in front passes on. */
  remove(tab: string): void {
    this.#watches.get(tab)?.abort();
    this.#watches.delete(tab);
    if (!this.#tabs.delete(tab)) return;
    for (const [popupId, front] of this.#fronts)
      if (front === tab) this.#fronts.set(popupId, this.#lookedAtLast());
    this.#onGone();
  }

  /** These pop-ups are this browser's to bring to the front. */
  assign(popupIds: readonly string[]): void {
    for (const popupId of popupIds) {
      const front = this.#fronts.get(popupId);
      if (front !== undefined && this.#tabs.has(front)) continue;
      this.#fronts.set(popupId, this.#lookedAtLast());
    }
    for (const popupId of this.#fronts.keys()) {
      if (this.#fronts.size <= MOST_FRONTS) break;
      this.#fronts.delete(popupId);
    }
  }

  /** Goes on from what the leader before had. */
  inherit(fronts: Fronts): void {
    this.#fronts = new Map(Object.entries(fronts));
  }

  clear(): void {
    for (const watch of this.#watches.values()) watch.abort();
    this.#watches.clear();
    this.#tabs.clear();
  }

  #lookedAtLast(): string {
    let [last = '', best = -1]: [string?, number?] = [];
    for (const [tab, { focusedAt }] of this.#tabs) if (focusedAt > best) [last, best] = [tab, focusedAt];
    return last;
  }

  /** The lock comes free when the tab closes, however it does. */
  #watch(tab: string): void {
    const watch = new AbortController();
    this.#watches.set(tab, watch);
    this.#platform.locks
      .request(this.#lockOf(tab), { mode: 'shared', signal: watch.signal }, () => this.remove(tab))
      .catch(() => undefined); // not watched any more
  }
}
