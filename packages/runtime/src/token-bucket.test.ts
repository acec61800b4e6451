import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTokenBucket } from './token-bucket.ts';

it('allows a burst, then the steady rate', () => {
  const bucket = createTokenBucket(10, 50);
  const taken = (atMs: number, tries: number) =>
    Array.from({ length: tries }, () => bucket.take(atMs)).filter(Boolean).length;
  expect(taken(1_000_000, 60)).toBe(50);
  expect(taken(1_000_050, 5)).toBe(0);
  expect(taken(1_000_100, 5)).toBe(1);
  expect(taken(1_001_100, 50)).toBe(10);
  expect(taken(9_000_000, 99)).toBe(50);
});

it('never allows more than burst and rate together, however the tries fall', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 }), (waits) => {
      const bucket = createTokenBucket(5, 10);
      let nowMs = 0;
      let taken = 0;
      for (const wait of waits) {
        nowMs += wait;
        if (bucket.take(nowMs)) taken += 1;
        expect(taken).toBeLessThanOrEqual(10 + (nowMs / 1_000) * 5 + 1e-6);
      }
    }),
  );
});

it('takes what costs more as a whole or not at all, and says how long that would take', () => {
  const bucket = createTokenBucket(10, 50);
  expect(bucket.take(0, 45)).toBe(true);
  expect(bucket.take(0, 10)).toBe(false);
  expect(bucket.waitMs(0, 10)).toBe(500);
  expect(bucket.take(499, 10)).toBe(false);
  expect(bucket.take(500, 10)).toBe(true);
  expect(bucket.waitMs(9_000_000)).toBe(0);
});
