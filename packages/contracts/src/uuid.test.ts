import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callId, toUuidV7, toUuidV8, uuidV7Time } from './index.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe('toUuidV7', () => {
  it('is a UUID of version 7 and variant 10 that gives its time back', () => {
    fc.assert(
      fc.property(time, bytes(10), (atMs, random) => {
        const id = toUuidV7(atMs, random);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(callId.parse(id)).toBe(id);
        expect(uuidV7Time(id)).toBe(atMs);
      }),
    );
  });

  it('sorts by time as text', () => {
    fc.assert(
      fc.property(time, time, bytes(10), bytes(10), (a, b, randomA, randomB) => {
        fc.pre(a < b);
        expect(toUuidV7(a, randomA) < toUuidV7(b, randomB)).toBe(true);
      }),
    );
  });

  it('keeps 74 bits of the randomness it is given', () => {
    const base = new Uint8Array(10);
    const ids = new Set([toUuidV7(1, base)]);
    for (let bit = 0; bit < 80; bit++) {
      const random = new Uint8Array(10);
      random[bit >> 3] = 1 << (7 - (bit & 7));
      ids.add(toUuidV7(1, random));
    }
    expect(ids.size - 1).toBe(74);
  });
});

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('toUuidV8', () => {
  it('is a UUID of version 8 that follows from the bytes alone', () => {
    fc.assert(
      fc.property(bytes(32), (hash) => {
        const id = toUuidV8(toHex(hash));
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(callId.parse(id)).toBe(id);
        expect(toUuidV8(toHex(hash.slice(0, 16)))).toBe(id);
      }),
    );
  });

  it('keeps 122 bits', () => {
    const ids = new Set([toUuidV8(toHex(new Uint8Array(16)))]);
    for (let bit = 0; bit < 128; bit++) {
      const hash = new Uint8Array(16);
      hash[bit >> 3] = 1 << (7 - (bit & 7));
      ids.add(toUuidV8(toHex(hash)));
    }
    expect(ids.size - 1).toBe(122);
  });
});
