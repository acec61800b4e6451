import { expect, it } from 'vitest';
import { toMedian, toMedianInterval, toPercentiles } from './percentiles.ts';

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

it.each([
  // By the table of the binomial distribution with p = 1/2.
  [6, [1, 6]],
  [8, [1, 8]],
  [9, [2, 8]],
  [20, [6, 15]],
  [40, [14, 27]],
])('has the median of %i values between two of them in 19 cases of 20', (count, interval) => {
  const values = Array.from({ length: count }, (_, i) => count - i);
  expect(toMedianInterval(values)).toEqual(interval);
});

it('has all of too few values for the interval of their median', () => {
  expect(toMedianInterval([3, 1, 2])).toEqual([1, 3]);
  expect(toMedianInterval([])).toEqual([0, 0]);
});
