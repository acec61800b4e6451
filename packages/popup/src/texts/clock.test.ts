import { expect, it } from 'vitest';
import { toClock } from './clock.ts';

it.each([
  [0, '0:00'],
  [-5, '0:00'],
  [59.9, '0:59'],
  [61, '1:01'],
  [3_600, '1:00:00'],
  [36_061, '10:01:01'],
])('%d seconds are %s', (seconds, clock) => {
  expect(toClock(seconds)).toBe(clock);
});
