import { EVENT_FIELD, HISTORY_GROUP } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { compareStreamIds, createEventStream, type EventStream, GroupMissingError } from './event-stream.ts';

let test: TestBus;
let blocking: Redis;
let key: string;
let stream: EventStream;
beforeAll(async () => {
  test = await openTestBus();
  blocking = await test.connect('blocking');
  key = test.names.events(0);
  stream = createEventStream(test.redis, blocking, test.names, 0);
});
afterAll(() => test.close());
beforeEach(() => test.redis.del(key));

const add = async (n: number) => {
  const ids: string[] = [];
  for (let i = 0; i < n; i++) ids.push((await test.redis.xadd(key, '*', EVENT_FIELD, `{"n":${i}}`)) ?? '');
  return ids;
};
const idsOf = (entries: { id: string }[]) => entries.map(({ id }) => id);
const stored = async () => (await test.redis.xrange(key, '-', '+')).map(([id]) => id);

describe('the group', () => {
  it('is made with its stream, once', async () => {
    await stream.ensureGroup('0');
    await add(2);
    await stream.ensureGroup('$');
    expect(await stream.read('a', 10, 10)).toHaveLength(2);
  });

  it('made anew reads on after the id it is given', async () => {
    const ids = await add(5);
    await stream.ensureGroup(ids[1] ?? '');
    expect(idsOf(await stream.read('a', 10, 10))).toEqual(ids.slice(2));
  });

  it('that is gone is told apart from every other failure', async () => {
    await expect(stream.read('a', 10, 10)).rejects.toBeInstanceOf(GroupMissingError);
    await expect(stream.reclaim('a', 0, 10)).rejects.toBeInstanceOf(GroupMissingError);
    await expect(stream.committedBelow()).rejects.toBeInstanceOf(GroupMissingError);
    await add(1);
    await expect(stream.read('a', 10, 10)).rejects.toBeInstanceOf(GroupMissingError);
    await expect(stream.reclaim('a', 0, 10)).rejects.toBeInstanceOf(GroupMissingError);
    await expect(stream.committedBelow()).rejects.toBeInstanceOf(GroupMissingError);
    expect(await stream.lag()).toBe(0);
    await expect(stream.forgetIdleConsumers(0)).resolves.toBeUndefined();
    await test.redis.del(key);
    await test.redis.set(key, 'not a stream');
    await expect(stream.read('a', 10, 10)).rejects.not.toBeInstanceOf(GroupMissingError);
  });
});

describe('reading', () => {
  it('gives each entry to one consumer, in order', async () => {
    await stream.ensureGroup('0');
    const ids = await add(7);
    const a = await stream.read('a', 3, 10);
    const b = await stream.read('b', 10, 10);
    expect([...idsOf(a), ...idsOf(b)]).toEqual(ids);
    expect(a[0]?.json).toBe('{"n":0}');
  });

  it('waits for what is not there yet, and gives up in time', async () => {
    await stream.ensureGroup('0');
    const startedMs = performance.now();
    expect(await stream.read('a', 10, 50)).toEqual([]);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    const waiting = stream.read('a', 10, 2_000);
    await add(1);
    expect(await waiting).toHaveLength(1);
  });

  it('brings what is no event as it is, so that it can be put aside', async () => {
    await stream.ensureGroup('0');
    await test.redis.xadd(key, '*', 'x', 'y');
    await test.redis.xadd(key, '*', 'x', 'y', EVENT_FIELD, 'not json');
    await test.redis.xadd(key, '*', 'x', EVENT_FIELD, 'odd', 'z');
    const entries = await stream.read('a', 10, 10);
    expect(entries.slice(0, 2).map(({ json }) => json)).toEqual(['', 'not json']);
    expect(entries).toHaveLength(3);
  });

  it('I3 a dead consumer’s entries go to another one, not to one still busy', async () => {
    await stream.ensureGroup('0');
    const ids = await add(4);
    await stream.read('dead', 10, 10);
    expect(await stream.reclaim('alive', 60_000, 10)).toEqual([]);
    expect(idsOf(await stream.reclaim('alive', 0, 3))).toEqual(ids.slice(0, 3));
    await stream.ack(ids.slice(0, 3));
    expect(idsOf(await stream.reclaim('alive', 0, 10))).toEqual(ids.slice(3));
  });

  it('an entry that was deleted meanwhile is not brought back', async () => {
    await stream.ensureGroup('0');
    const ids = await add(3);
    await stream.read('dead', 10, 10);
    await test.redis.xdel(key, ids[1] ?? '');
    expect(idsOf(await stream.reclaim('alive', 0, 10))).toEqual([ids[0], ids[2]]);
  });
});

describe('I7 what is committed', () => {
  it('is nothing before anything was read', async () => {
    await stream.ensureGroup('0');
    expect(await stream.committedBelow()).toBeNull();
    await add(2);
    expect(await stream.committedBelow()).toBeNull();
  });

  it('ends at the lowest entry that anybody has not acknowledged', async () => {
    await stream.ensureGroup('0');
    const ids = await add(6);
    await stream.read('a', 2, 10);
    await stream.read('b', 2, 10);
    expect(await stream.committedBelow()).toBe(ids[0]);
    await stream.ack([ids[0] ?? '', ids[2] ?? '']);
    expect(await stream.committedBelow()).toBe(ids[1]);
    await stream.ack([ids[1] ?? '']);
    expect(await stream.committedBelow()).toBe(ids[3]);
  });

  it('ends behind the last one that was read when all are acknowledged', async () => {
    await stream.ensureGroup('0');
    const ids = await add(4);
    await stream.read('a', 3, 10);
    await stream.ack(ids.slice(0, 3));
    const below = (await stream.committedBelow()) ?? '';
    expect(compareStreamIds(below, ids[2] ?? '')).toBeGreaterThan(0);
    expect(compareStreamIds(below, ids[3] ?? '')).toBeLessThanOrEqual(0);
  });

  it('never includes what another consumer reads while it is asked for', async () => {
    await stream.ensureGroup('0');
    const ids = await add(2);
    await stream.read('a', 1, 10);
    await stream.ack([ids[0] ?? '']);
    const slow = await test.connect('commands');
    // Whichever question is asked first: before the second one another consumer reads.
    let between: Promise<unknown> | null = null;
    const holdUp = (ask: (...args: unknown[]) => Promise<unknown>) =>
      (async (...args: unknown[]) => {
        if (between !== null) {
          await between;
          return ask(...args);
        }
        const answer = ask(...args);
        between = answer.then(() => stream.read('b', 1, 10));
        await between;
        return answer;
      }) as never;
    slow.xinfo = holdUp(slow.xinfo.bind(slow) as never);
    slow.xpending = holdUp(slow.xpending.bind(slow) as never);
    const below = await createEventStream(slow, slow, test.names, 0).committedBelow();
    expect(compareStreamIds(below ?? '0', ids[1] ?? '')).toBeLessThanOrEqual(0);
  });

  it('is all that trimming ever deletes', async () => {
    await stream.ensureGroup('0');
    const ids = await add(300);
    await stream.read('a', 250, 10);
    await stream.ack(ids.slice(0, 240));
    const below = (await stream.committedBelow()) ?? '';
    expect(below).toBe(ids[240]);
    await stream.trim(below);
    const left = await stored();
    expect(left.slice(-60)).toEqual(ids.slice(240));
    expect(left.length).toBeLessThan(300);
    expect(idsOf(await stream.reclaim('b', 0, 100))).toEqual(ids.slice(240, 250));
    expect(idsOf(await stream.read('b', 100, 10))).toEqual(ids.slice(250));
  });
});

describe('what operators see', () => {
  it('lag counts what is not acknowledged, read or not', async () => {
    expect(await stream.lag()).toBe(0);
    await stream.ensureGroup('0');
    const ids = await add(5);
    expect(await stream.lag()).toBe(5);
    await stream.read('a', 3, 10);
    expect(await stream.lag()).toBe(5);
    await stream.ack(ids.slice(0, 2));
    expect(await stream.lag()).toBe(3);
  });

  it('consumers that are gone are forgotten, those who owe an acknowledgement are not', async () => {
    await stream.ensureGroup('0');
    await add(2);
    await stream.read('owing', 1, 10);
    await stream.ack(idsOf(await stream.read('gone', 1, 10)));
    const consumers = async () =>
      ((await test.redis.xinfo('CONSUMERS', key, HISTORY_GROUP)) as unknown[][]).map((fields) => fields[1]);
    await stream.forgetIdleConsumers(60_000);
    expect(await consumers()).toEqual(['gone', 'owing']);
    await sleepUntil(async () => {
      await stream.forgetIdleConsumers(1);
      return (await consumers()).length === 1;
    });
    expect(await consumers()).toEqual(['owing']);
  });

  it('the last id is that of the stream’s life, not of what is left', async () => {
    expect(await stream.lastId()).toBeNull();
    const ids = await add(2);
    await test.redis.xtrim(key, 'MAXLEN', 0);
    expect(await stream.lastId()).toBe(ids[1]);
  });
});

it.each([
  ['1-0', '1-1', -1],
  ['2-0', '1-9', 1],
  ['10-0', '9-0', 1],
  ['1-10', '1-9', 1],
  ['1-1', '1-1', 0],
  ['0', '0-0', 0],
])('orders %s and %s as numbers', (a, b, order) => {
  expect(Math.sign(compareStreamIds(a, b))).toBe(order);
});
