import type { FaultKind, LedgerFaults } from '@ramal/ledger';
import type { Fault, FaultOutcome, Figure } from './fault.ts';

/** How long something took, in ms, over all times it happened. */
export interface Spread {
  n: number;
  p50: number;
  p99: number;
  max: number;
}

/** A time that has a bound. */
export interface JudgedFigure extends Spread {
  boundMs: number;
  ok: boolean;
}

/** What came of one row of the table. */
export interface RoundReport {
  name: string;
  promise: string;
  ok: boolean;
  /** What the zeroes are about: different acknowledged callbacks, dials, pop-ups that were due to a tab. */
  n: { callbacks: number; dials: number; popupsDue: number; sockets: number };
  /** Everything that is wrong, each kind counted; only what is not zero. */
  wrong: Record<string, number>;
  /** What was counted and is not promised here; left out where there is nothing of it. */
  beside?: Record<string, number>;
  /** Answers to callbacks that were not 2xx; wrong only where all must be. */
  non2xx: number;
  /** From a callback's first try to its 2xx. */
  answered: Spread;
  figures: Record<string, JudgedFigure>;
  examples: string[];
  seed: number;
  seconds: number;
}

const KINDS: readonly FaultKind[] = [
  'lost',
  'doubled',
  'mergedWrongly',
  'missed',
  'shownTwice',
  'afterExpiry',
  'foreign',
  'claimedTwice',
  'outOfOrder',
  'stray',
  'wrongState',
  'stale',
];

export function toRoundReport(run: {
  fault: Pick<Fault, 'name' | 'promise' | 'always2xx'>;
  outcome: FaultOutcome;
  /** How many times later than promised something may be. */
  patience: number;
  faults: LedgerFaults;
  counts: RoundReport['n'];
  non2xx: number;
  latenciesMs: readonly number[];
  seed: number;
  seconds: number;
}): RoundReport {
  const { fault, outcome, faults, counts, non2xx, seed, seconds } = run;
  const figures = Object.fromEntries(
    (outcome.figures ?? []).map((figure) => [figure.name, judgeFigure(figure, run.patience)]),
  );
  const late = Object.values(figures).filter(({ ok }) => !ok).length;
  const { broken = [] } = outcome;
  const all: Record<string, number> = {
    ...Object.fromEntries(KINDS.map((kind) => [kind, faults.count(kind)])),
    ...(fault.always2xx === true ? { non2xx } : {}),
    late,
    broken: broken.length,
  };
  const found = Object.entries(all).filter(([, count]) => count > 0);
  const isPromised = (kind: string) => !(outcome.unpromised ?? []).some((one) => one === kind);
  const wrong = Object.fromEntries(found.filter(([kind]) => isPromised(kind)));
  const beside = Object.fromEntries(found.filter(([kind]) => !isPromised(kind)));
  return {
    name: fault.name,
    promise: fault.promise,
    ok: Object.keys(wrong).length === 0,
    n: counts,
    wrong,
    ...(Object.keys(beside).length === 0 ? {} : { beside }),
    non2xx,
    answered: toSpread(run.latenciesMs),
    figures,
    examples: [...faults.examples(), ...broken.map((text) => `broken: ${text}`)],
    seed,
    seconds,
  };
}

function judgeFigure({ valuesMs, boundMs, judged = 'max' }: Figure, patience: number): JudgedFigure {
  const spread = toSpread(valuesMs);
  // A bound of which nothing was measured is not kept.
  return { ...spread, boundMs, ok: spread.n > 0 && spread[judged] <= boundMs * patience };
}

/** Whole ms; zeroes where nothing was measured. */
export function toSpread(valuesMs: readonly number[]): Spread {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return { n: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** What a zero in n trials says: the true rate is below this, 95 times in 100. */
export function toUpperBound(n: number): number | null {
  return n === 0 ? null : 3 / n;
}
