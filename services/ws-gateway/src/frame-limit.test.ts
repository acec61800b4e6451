import { expect, it } from 'vitest';
import { createFrameLimit } from './frame-limit.ts';

it('threat 9 takes five seconds’ worth of frames at once, then the steady rate', () => {
  const limit = createFrameLimit(20, 1_000);
  const taken = (atMs: number, tries: number) =>
    Array.from({ length: tries }, () => limit.take(atMs, 0)).filter((one) => one === null).length;
  expect(taken(0, 200)).toBe(100);
  expect(limit.take(0, 0)).toBe('frames');
  expect(taken(1_000, 200)).toBe(20);
});

it('threat 9 takes five seconds’ worth of bytes at once, in few frames as in many', () => {
  const limit = createFrameLimit(1_000, 100);
  expect(limit.take(0, 501)).toBe('bytes');
  expect([limit.take(0, 400), limit.take(0, 100), limit.take(0, 1), limit.take(10, 1)]).toEqual([
    null,
    null,
    'bytes',
    null,
  ]);
});

it('counts no bytes where that is off', () => {
  expect(createFrameLimit(1, 0).take(0, 1e9)).toBeNull();
});
