import type { ScreenFault } from './screen.ts';

/**
 * What must not be. `stray`: something is stored that nobody told of. `wrongState`: a call whose row does not say what
 * its callbacks said. `stale`: a tab shows what the gateway does not any more.
 */
export type FaultKind =
  | ScreenFault
  | 'lost'
  | 'doubled'
  | 'mergedWrongly'
  | 'missed'
  | 'claimedTwice'
  | 'stray'
  | 'wrongState'
  | 'stale';

/** Counts faults and keeps the first few of each kind, to look into. */
export interface LedgerFaults {
  note(kind: FaultKind, detail: string): void;
  count(kind: FaultKind): number;
  /** `kind: detail`, the first of each. */
  examples(): string[];
}

const KEPT = 10;

export function createLedgerFaults(): LedgerFaults {
  const found = new Map<FaultKind, { count: number; details: string[] }>();
  return {
    note: (kind, detail) => {
      const one = found.get(kind) ?? { count: 0, details: [] };
      one.count += 1;
      if (one.details.length < KEPT) one.details.push(detail);
      found.set(kind, one);
    },
    count: (kind) => found.get(kind)?.count ?? 0,
    examples: () =>
      [...found].flatMap(([kind, { details }]) => details.map((detail) => `${kind}: ${detail}`)),
  };
}
