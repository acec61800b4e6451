import { expect, it } from 'vitest';
import { toMedian, toPercentiles } from './percentiles.ts';

it('takes percentiles by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(toPercentiles(hundred)).toEqual({ count: 100, p50: 50, p99: 99, max: 100 });
  expect(toPercentiles([7.26])).toEqual({ count: 1, p50: 7.3, p99: 7.3, max: 7.3 });
  expect(toPercentiles([])).toEqual({ count: 0, p50: 0, p99: 0, max: 0 });
});

it('takes the median', () => {
  expect(toMedian([3, 1, 2])).toBe(2);
  expect(toMedian([4, 1, 2, 3])).toBe(2.5);
  expect(toMedian([])).toBe(0);
});
