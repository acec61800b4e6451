import { createLedgerFaults } from '@ramal/ledger';
import { expect, test } from 'vitest';
import type { FaultOutcome } from './fault.ts';
import { toRoundReport, toSpread, toUpperBound } from './round-report.ts';

const counts = { callbacks: 30_000, dials: 10, popupsDue: 500, sockets: 40 };

function report(options: {
  outcome?: FaultOutcome;
  always2xx?: boolean;
  non2xx?: number;
  patience?: number;
}) {
  const { outcome = {}, always2xx = false, non2xx = 0, patience = 1 } = options;
  return toRoundReport({
    fault: { name: 'a', promise: 'p', always2xx },
    ...{ outcome, patience, counts, non2xx, seed: 1, seconds: 1 },
    faults: createLedgerFaults(),
    latenciesMs: [1, 2, 3],
  });
}

test('a promise is kept when nothing is wrong, everything is in time and was measured', () => {
  const figures = [{ name: 'backMs', valuesMs: [10, 20, 4000], boundMs: 100, judged: 'p99' as const }];
  expect(report({})).toMatchObject({ ok: true, wrong: {}, n: counts });
  expect(report({ outcome: { figures } })).toMatchObject({ ok: false, wrong: { late: 1 } });
  expect(report({ outcome: { figures }, patience: 50 }).ok).toBe(true);
  expect(report({ outcome: { figures: [{ name: 'x', valuesMs: [], boundMs: 1 }] } }).ok).toBe(false);
});

test('answers that are not 2xx are wrong where all must be, and told where not', () => {
  expect(report({ non2xx: 3 })).toMatchObject({ ok: true, non2xx: 3 });
  expect(report({ non2xx: 3, always2xx: true })).toMatchObject({ ok: false, wrong: { non2xx: 3 } });
});

test('what a fault finds broken is counted, and told', () => {
  expect(report({ outcome: { broken: ['two of them'] } })).toMatchObject({
    ok: false,
    wrong: { broken: 1 },
    examples: ['broken: two of them'],
  });
});

test('a spread tells the middle, the 99th of a hundred and the worst; zero of n bounds the rate by 3/n', () => {
  expect(toSpread(Array.from({ length: 100 }, (_, i) => i + 1))).toEqual({
    n: 100,
    p50: 50,
    p99: 99,
    max: 100,
  });
  expect(toSpread([])).toEqual({ n: 0, p50: 0, p99: 0, max: 0 });
  expect(toUpperBound(30_000)).toBeCloseTo(0.0001);
  expect(toUpperBound(0)).toBeNull();
});
