import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toByteRange } from './byte-range.ts';

test.each([
  [undefined, { kind: 'whole' }],
  ['bytes=0-9', { kind: 'part', first: 0, last: 9 }],
  ['bytes=90-', { kind: 'part', first: 90, last: 99 }],
  ['bytes=-10', { kind: 'part', first: 90, last: 99 }],
  ['bytes=-1000', { kind: 'part', first: 0, last: 99 }],
  ['bytes=50-1000', { kind: 'part', first: 50, last: 99 }],
  ['bytes=100-', { kind: 'unsatisfiable' }],
  ['bytes=-0', { kind: 'unsatisfiable' }],
  ['bytes=9-1', { kind: 'whole' }],
  ['bytes=0-1,5-6', { kind: 'whole' }],
  ['lines=0-1', { kind: 'whole' }],
  ['bytes=-', { kind: 'whole' }],
])('%s of 100 bytes', (header, expected) => {
  expect(toByteRange(header, 100)).toEqual(expected);
});

test('a part always lies inside the body', () => {
  fc.assert(
    fc.property(fc.nat(), fc.option(fc.nat()), fc.integer({ min: 1, max: 10_000 }), (from, to, size) => {
      const range = toByteRange(`bytes=${from}-${to ?? ''}`, size);
      if (range.kind !== 'part') return;
      expect(range.first).toBeGreaterThanOrEqual(0);
      expect(range.last).toBeGreaterThanOrEqual(range.first);
      expect(range.last).toBeLessThan(size);
    }),
  );
});
