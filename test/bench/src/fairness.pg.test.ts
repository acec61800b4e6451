import { expect, it } from 'vitest';
import { renderFairness, runFairness } from './fairness.ts';

it('measures the dials of well companies alone, with sick CTIs and without, and loses none', async () => {
  const options = { tenants: 7, sick: 3, seconds: 2, rounds: 1, perMinute: 60 };
  const signal = new AbortController().signal;
  const report = await runFairness(options, { log: () => undefined, signal });
  expect(report).toMatchObject({ bench: 'fairness', ok: true, refused: 0, options });
  expect(report.parts).toMatchObject([
    { round: 1, kind: 'well', count: 8, missing: 0 },
    { round: 1, kind: 'sick', count: 8, missing: 0 },
  ]);
  expect(report.well.p99).toBeGreaterThanOrEqual(report.well.p50);
  expect(renderFairness(report)).toContain('p99 with sick CTIs over p99 without');
}, 120_000);
