import { expect, it } from 'vitest';
import { toRetryDelayMs } from './backoff.ts';

const settings = { firstMs: 500, longestMs: 30_000 };

it('waits anything up to a ceiling that doubles, and never longer than the longest', () => {
  const ceilings = [0, 1, 2, 3, 6, 7, 50].map((attempt) => toRetryDelayMs(attempt, settings, () => 1));
  expect(ceilings).toEqual([500, 1000, 2000, 4000, 30_000, 30_000, 30_000]);
  expect(toRetryDelayMs(5, settings, () => 0)).toBe(0);
});

it('spreads a thousand that were cut at once over the whole of their time', () => {
  const delays = Array.from({ length: 1000 }, () => toRetryDelayMs(4, settings));
  const tenths = new Set(delays.map((delay) => Math.floor(delay / 800)));
  expect(tenths.size).toBe(10);
});
