import { sleepUntil } from '@ramal/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JournalEntry } from './journal.ts';
import type { RedisState } from './redis-watch.ts';
import { createReplay, type Replay } from './replay.ts';

let state: RedisState;
let replay: Replay;
/** What was done, in order, as `<kind> <id>`. */
let done: string[];
let buried: string[];
let away: unknown[];
/** What doing one throws. */
let failures: Map<string, unknown>;
let atOnce: number;
let mostAtOnce: number;
beforeEach(() => {
  [state, done, buried, away, failures, atOnce, mostAtOnce] = ['down', [], [], [], new Map(), 0, 0];
  replay = createReplay({
    state: () => state,
    async work(entry, kind) {
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      await new Promise(setImmediate);
      atOnce -= 1;
      if (failures.has(entry.id)) throw failures.get(entry.id);
      done.push(`${kind} ${entry.id}`);
      entry.told = true;
    },
    bury: async (entry) => void buried.push(entry.id),
    onWorked() {
      if (state === 'trial') state = 'up';
    },
    onAway(error) {
      away.push(error);
      state = 'down';
    },
    concurrency: 8,
    perSec: 100_000,
  });
});
afterEach(() => replay.stop());

const entry = (id: string, sinceMs: number, keys: string[] = [id], told = false): JournalEntry => ({
  ...{ id, tenant: 'demo', keys, sinceMs, told },
  ...{ place: { segment: 's', offset: 0, length: 1 }, event: null },
});
const begin = (now: RedisState) => {
  state = now;
  replay.wake();
};

describe('what is only made sure of', () => {
  it('is given up where the disk does not have it any more, and nothing else is', async () => {
    for (let i = 0; i < 30; i++) replay.restore(entry(`old ${i}`, i, ['call'], true));
    replay.restore(entry('last', 40, ['call', 'urgent'], true), true);
    replay.restore(entry('new', 600, ['call'], true));
    replay.tell(entry('untold', 50, ['call']));
    expect(replay.forget(500)).toBe(30);
    expect(replay.forget(500)).toBe(0);
    begin('up');
    await replay.settle(['call']);
    expect(done).toEqual(['restore last', 'tell untold', 'restore new']);
    expect(replay.hasWork()).toBe(false);
  });
});

describe('I3 what Redis was not told of', () => {
  it('is told when it is back, some at once, and of one call in the order it was received', async () => {
    const ids = Array.from({ length: 300 }, (_, i) => i);
    // Not in that order, as when several folders are taken over.
    for (const i of ids.toReversed()) replay.tell(entry(String(i), i, [`call ${i % 7}`]));
    expect(replay.pending()).toEqual({ count: 300, oldestMs: 299 });
    begin('up');
    await sleepUntil(() => !replay.hasWork());
    for (let call = 0; call < 7; call++) {
      const told = done.map((one) => Number(one.split(' ')[1])).filter((i) => i % 7 === call);
      expect(told).toEqual(ids.filter((i) => i % 7 === call));
    }
    expect(mostAtOnce).toBeGreaterThan(1);
    expect(mostAtOnce).toBeLessThanOrEqual(8);
  });

  it('is told one by one until Redis has taken one: a full Redis answers and takes none', async () => {
    for (let i = 0; i < 20; i++) replay.tell(entry(String(i), i));
    failures.set('0', Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' }));
    begin('trial');
    await sleepUntil(() => away.length === 1);
    expect([state, mostAtOnce, done]).toEqual(['down', 1, []]);
    failures.clear();
    begin('trial');
    await sleepUntil(() => !replay.hasWork());
    expect(done).toHaveLength(20);
  });

  it('that can never be told is put away and holds up nobody else', async () => {
    failures.set('bad', new TypeError('a bug'));
    replay.tell(entry('bad', 0, ['bad']));
    for (let i = 1; i < 20; i++) replay.tell(entry(String(i), i));
    begin('up');
    await sleepUntil(() => done.length === 19);
    expect(buried).toEqual([]);
    await sleepUntil(() => buried.length === 1, { timeoutMs: 60_000 });
    expect(replay.hasWork()).toBe(false);
  }, 70_000);

  it('and still may be, by an attempt that takes long, is waited for', async () => {
    let finish: () => void = () => undefined;
    const late = entry('late', 0);
    replay.tell(
      late,
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
    );
    replay.tell(entry('other', 1));
    begin('up');
    await sleepUntil(() => done.length === 1);
    expect(done).toEqual(['tell other']);
    late.told = true;
    finish();
    await sleepUntil(() => !replay.hasWork());
    expect(done).toEqual(['tell other']);
  });
});

it('an attempt and what it waits for do not wait for each other, whichever was received first', async () => {
  const nowMs = performance.now();
  replay.tell(entry('found', nowMs + 1_000, ['call']));
  state = 'up';
  const late = entry('late', nowMs + 500, ['call']);
  const attempt = replay.settle(['call']).then(() => {
    late.told = true;
  });
  replay.tell(late, attempt);
  await sleepUntil(() => !replay.hasWork(), { timeoutMs: 5_000 });
  expect(done).toEqual(['tell found']);
});

it('an attempt under way holds up nobody, not even where one is tried at a time', async () => {
  replay.tell(entry('slow', 0), new Promise(() => undefined));
  replay.tell(entry('other', 1));
  expect(replay.canTry()).toBe(true);
  begin('trial');
  await sleepUntil(() => done.length === 1);
  expect([done, state, replay.canTry()]).toEqual([['tell other'], 'up', false]);
});

describe('another Redis', () => {
  beforeEach(() => {
    for (let i = 0; i < 20; i++) replay.restore(entry(`old ${i}`, i, [`o${i}`], true));
    for (let i = 0; i < 20; i++) replay.tell(entry(`new ${i}`, 1_000 + i));
    for (let i = 0; i < 20; i++) replay.restore(entry(`last ${i}`, 900 + i, [`l${i}`], true), true);
  });
  const kinds = () => done.map((one) => one.split(' ')[1]);

  it('is told first of all what it most likely lacks, and of nothing else for a while', async () => {
    replay.hold(300);
    begin('up');
    await sleepUntil(() => done.length === 20);
    expect(new Set(kinds())).toEqual(new Set(['last']));
    expect(replay.isHolding()).toBe(true);
    await sleepUntil(() => !replay.hasWork());
    expect(kinds().slice(20, 40)).toEqual(Array(20).fill('new'));
    expect(kinds().slice(40)).toEqual(Array(20).fill('old'));
  });

  it('that takes none of it back is told of the rest all the same, after a while', async () => {
    for (let i = 0; i < 20; i++) failures.set(`last ${i}`, new TypeError('a bug'));
    replay.hold(0);
    begin('up');
    await sleepUntil(() => kinds().includes('new'), { timeoutMs: 20_000 });
    expect(kinds()).not.toContain('last');
  }, 30_000);

  it('what was to be made sure of becomes urgent, and is done once', async () => {
    for (let i = 0; i < 20; i++) replay.restore(entry(`old ${i}`, i, [`o${i}`], true), true);
    begin('up');
    await sleepUntil(() => !replay.hasWork());
    expect(done).toHaveLength(60);
    expect(new Set(kinds().slice(0, 40))).toEqual(new Set(['last', 'old']));
  });
});

describe('a stop', () => {
  it('tells what there is to tell first, where it can, and no longer than it may', async () => {
    for (let i = 0; i < 100; i++) replay.tell(entry(String(i), i));
    state = 'up';
    await replay.stop(5_000);
    expect(done).toHaveLength(100);
  });

  it('waits for no Redis', async () => {
    replay.tell(entry('a', 0));
    const startedMs = performance.now();
    await replay.stop(5_000);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(done).toEqual([]);
  });
});

describe('a callback of now', () => {
  it('has what was received before it of its call told and restored first, and nothing else', async () => {
    state = 'up';
    replay.restore(entry('incoming', 1, ['call a', 'x1'], true));
    replay.restore(entry('answered', 2, ['call a'], true));
    for (let i = 0; i < 50; i++) replay.restore(entry(`other ${i}`, 0, [`call ${i}`], true));
    await replay.settle(['x1']);
    expect(done).toEqual(['restore incoming']);
    await replay.settle(['call a']);
    expect(done).toEqual(['restore incoming', 'restore answered']);
  });

  it('is not held up by one that has to wait', async () => {
    failures.set('bad', new TypeError('a bug'));
    replay.tell(entry('bad', 0, ['call a']));
    state = 'up';
    await replay.settle(['call a']);
    await replay.settle(['call a']);
    expect(replay.pending().count).toBe(1);
  });

  it('fails while Redis is away', async () => {
    failures.set('a', new Error('Command timed out'));
    replay.tell(entry('a', 0, ['call a']));
    state = 'up';
    await expect(replay.settle(['call a'])).rejects.toThrow('timed out');
    expect(away).toHaveLength(1);
  });
});
