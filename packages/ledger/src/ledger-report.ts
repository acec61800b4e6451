import type { FaultKind, LedgerFaults } from './ledger-faults.ts';

/** The last line of a run. All from `lost` to `stale` must be zero. */
export interface LedgerReport extends Record<FaultKind, number> {
  ok: boolean;
  calls: number;
  /** Different callbacks, those of the simulated CTI included. */
  callbacks: number;
  /** Callbacks that were sent a second time. */
  duplicates: number;
  dials: number;
  gateways: number;
  agents: number;
  tabs: number;
  reconnects: number;
  /** Pop-ups a tab had to show, counted once a tab. */
  popupsDue: number;
  popupsShown: number;
  /** Pop-ups that a tab brought to the front. */
  claims: number;
  /** Answers to callbacks that were not 2xx or did not come. */
  non2xx: number;
  seed: number;
  seconds: number;
}

type Counts = Omit<LedgerReport, FaultKind | 'ok' | 'popupsShown'>;

/** Puts the counts into the order in which they are read. */
export function toReport(counts: Counts, faults: LedgerFaults): LedgerReport {
  const { calls, callbacks, duplicates, dials, gateways, agents, tabs, reconnects, popupsDue } = counts;
  const { claims, non2xx, seed, seconds } = counts;
  const found = {
    lost: faults.count('lost'),
    doubled: faults.count('doubled'),
    mergedWrongly: faults.count('mergedWrongly'),
    missed: faults.count('missed'),
    shownTwice: faults.count('shownTwice'),
    afterExpiry: faults.count('afterExpiry'),
    foreign: faults.count('foreign'),
    claimedTwice: faults.count('claimedTwice'),
    outOfOrder: faults.count('outOfOrder'),
    stray: faults.count('stray'),
    wrongState: faults.count('wrongState'),
    stale: faults.count('stale'),
    non2xx,
  };
  return {
    ok: Object.values(found).every((count) => count === 0),
    ...{ calls, callbacks, duplicates, dials, gateways, agents, tabs, reconnects },
    ...{ popupsDue, popupsShown: popupsDue - found.missed, claims },
    ...found,
    ...{ seed, seconds },
  };
}
