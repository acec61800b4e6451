/** Which of an agent's tabs say that they bring a pop-up to the front: one at a time. */
export interface ClaimBook {
  claim(tab: number, popupId: string, claimed: boolean, nowMs: number): void;
  /** The tab's whole list, as a new connection or a resync brings it. */
  replace(tab: number, popupIds: readonly string[], nowMs: number): void;
  /** The tab is cut off. */
  leave(tab: number, nowMs: number): void;
  /** Nobody shows it any more. */
  over(popupId: string, nowMs: number): void;
  /** Pop-ups that two tabs held for longer than the news of it may take, up to now. */
  heldTwice(nowMs: number): string[];
  /** How many pop-ups were ever claimed. */
  claimed(): number;
}

/** The word that one tab loses it and the word that another has it travel on two sockets, by two gateways. */
const NEWS_TAKE_MS = 2000;

export function createClaimBook(): ClaimBook {
  const holders = new Map<string, { tabs: Set<number>; contestedMs: number | null }>();
  const heldTwice = new Set<string>();
  const known = new Set<string>();

  const settle = (popupId: string, nowMs: number) => {
    const held = holders.get(popupId);
    if (held === undefined) return;
    if (held.contestedMs !== null && nowMs - held.contestedMs > NEWS_TAKE_MS) heldTwice.add(popupId);
    held.contestedMs = held.tabs.size > 1 ? (held.contestedMs ?? nowMs) : null;
    if (held.tabs.size === 0) holders.delete(popupId);
  };
  const claim: ClaimBook['claim'] = (tab, popupId, claimed, nowMs) => {
    if (claimed) {
      known.add(popupId);
      const held = holders.get(popupId) ?? { tabs: new Set<number>(), contestedMs: null };
      held.tabs.add(tab);
      holders.set(popupId, held);
    } else holders.get(popupId)?.tabs.delete(tab);
    settle(popupId, nowMs);
  };
  const heldBy = (tab: number) => [...holders].flatMap(([id, { tabs }]) => (tabs.has(tab) ? [id] : []));

  return {
    claim,
    replace: (tab, popupIds, nowMs) => {
      const wanted = new Set(popupIds);
      for (const id of heldBy(tab)) if (!wanted.has(id)) claim(tab, id, false, nowMs);
      for (const id of wanted) claim(tab, id, true, nowMs);
    },
    leave: (tab, nowMs) => {
      for (const id of heldBy(tab)) claim(tab, id, false, nowMs);
    },
    over: (popupId, nowMs) => {
      holders.get(popupId)?.tabs.clear();
      settle(popupId, nowMs);
    },
    heldTwice: (nowMs) => {
      for (const id of [...holders.keys()]) settle(id, nowMs);
      return [...heldTwice];
    },
    claimed: () => known.size,
  };
}
