import { expect, test } from 'vitest';
import { createCache } from './cached.ts';

/** A cache over a counting loader and a clock that the test moves. */
function setUp(maxEntries = 10) {
  const clock = { nowMs: 0 };
  const loads: string[] = [];
  const pending: ((value: string) => void)[] = [];
  const state = { hold: false, fail: false, random: 0 };
  const cache = createCache<string, string>({
    maxAgeMs: 2_000,
    maxEntries,
    now: () => clock.nowMs,
    leastShare: 0.5,
    random: () => state.random,
    load(key) {
      loads.push(key);
      const nth = loads.length;
      if (state.fail) return Promise.reject(new Error(`load ${nth} failed`));
      if (!state.hold) return Promise.resolve(`${key}${nth}`);
      return new Promise((resolve) => pending.push(resolve));
    },
  });
  return { cache, clock, loads, pending, state };
}

test('R29 a value is handed out for its age and loaded anew after it', async () => {
  const { cache, clock } = setUp();
  expect(await cache.get('a')).toBe('a1');
  clock.nowMs = 1_999;
  expect(await cache.get('a')).toBe('a1');
  clock.nowMs = 2_000;
  expect(await cache.get('a')).toBe('a2');
});

test('what was loaded together is loaded anew at different moments, and none later than its age', async () => {
  const { cache, clock, loads, state } = setUp(100);
  for (const [n, key] of ['a', 'b', 'c'].entries()) {
    state.random = n / 2;
    await cache.get(key);
  }
  const loadedBy = async (nowMs: number) => {
    clock.nowMs = nowMs;
    for (const key of ['a', 'b', 'c']) await cache.get(key);
    return loads.slice(3);
  };
  state.random = 0;
  expect(await loadedBy(999)).toEqual([]);
  expect(await loadedBy(1_000)).toEqual(['c']);
  expect(await loadedBy(1_500)).toEqual(['c', 'b']);
  expect(await loadedBy(2_000)).toEqual(['c', 'b', 'a']);
});

test('all who ask while a load runs share it', async () => {
  const { cache, loads } = setUp();
  expect(await Promise.all([cache.get('a'), cache.get('a'), cache.get('b')])).toEqual(['a1', 'a1', 'b2']);
  expect(loads).toEqual(['a', 'b']);
});

test('the age counts from the start of the load', async () => {
  const { cache, clock, pending, state } = setUp();
  state.hold = true;
  const slow = cache.get('a');
  await expect.poll(() => pending.length).toBe(1);
  clock.nowMs = 2_500;
  const joined = cache.get('a');
  pending[0]?.('slow');
  expect(await Promise.all([slow, joined])).toEqual(['slow', 'slow']);
  state.hold = false;
  expect(await cache.get('a')).toBe('a2');
});

test('a failure reaches all who asked and is not cached', async () => {
  const { cache, state } = setUp();
  state.fail = true;
  const both = await Promise.allSettled([cache.get('a'), cache.get('a')]);
  expect(both.map((result) => result.status)).toEqual(['rejected', 'rejected']);
  state.fail = false;
  expect(await cache.get('a')).toBe('a2');
});

test('a load that was under way at a delete is not what later callers get', async () => {
  const { cache, pending, state } = setUp();
  state.hold = true;
  const before = cache.get('a');
  await expect.poll(() => pending.length).toBe(1);
  cache.delete('a');
  const after = cache.get('a');
  await expect.poll(() => pending.length).toBe(2);
  pending[1]?.('new');
  expect(await after).toBe('new');
  pending[0]?.('old');
  expect(await before).toBe('old');
  expect(await cache.get('a')).toBe('new');
});

test('the least recently asked-for entry makes room, and clear forgets all', async () => {
  const { cache, loads } = setUp(2);
  await cache.get('a');
  await cache.get('b');
  await cache.get('a');
  await cache.get('c');
  await cache.get('a');
  expect(loads).toEqual(['a', 'b', 'c']);
  await cache.get('b');
  expect(loads).toEqual(['a', 'b', 'c', 'b']);
  cache.clear();
  await cache.get('b');
  expect(loads).toHaveLength(5);
});

test('what is loaded and young enough is at hand at once, and nothing else is', async () => {
  const { cache, clock, loads, pending, state } = setUp(2);
  expect(cache.peek('a')).toBeUndefined();
  state.hold = true;
  const slow = cache.get('a');
  await expect.poll(() => pending.length).toBe(1);
  expect(cache.peek('a')).toBeUndefined();
  pending[0]?.('slow');
  await slow;
  expect(cache.peek('a')).toEqual({ value: 'slow' });
  state.hold = false;
  // Looked at counts as asked for: `b` goes first.
  await cache.get('b');
  cache.peek('a');
  await cache.get('c');
  expect([cache.peek('a')?.value, cache.peek('b')]).toEqual(['slow', undefined]);
  clock.nowMs = 2_000;
  expect(cache.peek('a')).toBeUndefined();
  await cache.get('a');
  cache.delete('a');
  expect(cache.peek('a')).toBeUndefined();
  expect(loads).toEqual(['a', 'b', 'c', 'a']);
});
