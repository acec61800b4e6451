import { describe, expect, it } from 'vitest';
import { createKeyedLimit } from './keyed-limit.ts';

/** How many of `tries` are let through. */
function passed(limit: { take(key: string): number | null }, key: string, tries: number): number {
  return Array.from({ length: tries }, () => limit.take(key)).filter((wait) => wait === null).length;
}

describe('threat 9 a rate for each key', () => {
  it('lets a minute’s worth through at once, and the steady rate afterwards', () => {
    let nowMs = 5;
    const limit = createKeyedLimit({ perMinute: 120, now: () => nowMs });
    expect(passed(limit, 'a', 200)).toBe(120);
    expect(limit.take('a')).toBe(500);
    nowMs += 500;
    expect(passed(limit, 'a', 5)).toBe(1);
    nowMs += 60_000;
    expect(passed(limit, 'a', 200)).toBe(120);
  });

  it('keeps keys apart, also those that every object has', () => {
    const limit = createKeyedLimit({ perMinute: 1, now: () => 0 });
    for (const key of ['a', 'b', '__proto__', 'constructor', '']) {
      expect(limit.take(key)).toBeNull();
      expect(limit.take(key)).toBe(60_000);
    }
  });

  it('with 0 is none', () => {
    expect(passed(createKeyedLimit({ perMinute: 0, now: () => 0 }), 'a', 10_000)).toBe(10_000);
  });

  it('remembers no more keys than it may, those seen last', () => {
    const limit = createKeyedLimit({ perMinute: 1, now: () => 0, mostKeys: 3 });
    for (const key of ['a', 'b', 'c', 'a', 'd']) limit.take(key);
    expect(limit.take('a')).not.toBeNull();
    expect(limit.take('b')).toBeNull();
  });
});
