import { expect, it } from 'vitest';
import { createFloodGate } from './flood-gate.ts';
import { createTokenBuckets } from './token-buckets.ts';

const takeAll = (take: () => boolean, most = 10_000) => {
  let taken = 0;
  while (taken < most && take()) taken += 1;
  return taken;
};

it('threat 9 gives each key its burst, then its rate, and never more after a long rest', () => {
  let nowMs = 0;
  const buckets = createTokenBuckets({ perSec: 10, burst: 30, maxKeys: 9, now: () => nowMs });
  expect([takeAll(() => buckets.take('a')), takeAll(() => buckets.take('b'))]).toEqual([30, 30]);
  nowMs = 1_000;
  expect(takeAll(() => buckets.take('a'))).toBe(10);
  nowMs = 1_050;
  expect(takeAll(() => buckets.take('a'))).toBe(0);
  nowMs = 1_100;
  expect(takeAll(() => buckets.take('a'))).toBe(1);
  nowMs = 10_000_000;
  expect(takeAll(() => buckets.take('a'))).toBe(30);
});

it('threat 9 holds no more keys than it may, whoever asks', () => {
  const buckets = createTokenBuckets({ perSec: 1, burst: 1, maxKeys: 2, now: () => 0 });
  expect(buckets.take('a')).toBe(true);
  for (const other of ['b', 'a', 'c']) buckets.take(other);
  // `a` was asked for after `b`, which went.
  expect([buckets.take('a'), buckets.take('b')]).toEqual([false, true]);
});

it('threat 9 an IPv6 network is one address to the gate, and many addresses are no way round it', () => {
  const gate = createFloodGate({ requestsPerSec: 5, triesPerSec: 2, now: () => 0 });
  expect(takeAll(() => gate.admit('203.0.113.1'))).toBe(10);
  expect(takeAll(() => gate.admit('203.0.113.2'))).toBe(10);
  let n = 0;
  expect(takeAll(() => gate.admit(`2001:db8::${(n++).toString(16)}`))).toBe(10);
  expect(takeAll(() => gate.mayTry('203.0.113.1'))).toBe(10);
  expect(takeAll(() => gate.mayTry(`10.${n >> 16}.${(n >> 8) & 255}.${n++ & 255}`))).toBe(90);
});
