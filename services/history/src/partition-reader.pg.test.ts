import type { CallEvent } from '@ramal/contracts';
import { readCheckpoint } from '@ramal/store';
import {
  createTestDatabase,
  type RestartableServer,
  sleepUntil,
  startTestPostgres,
  type TestDatabase,
} from '@ramal/testkit';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { incoming, openTestHistory, type TestHistory } from '../test/open-test-history.ts';
import { startPartitionReader } from './partition-reader.ts';

let postgres: RestartableServer;
let database: TestDatabase;
let test: TestHistory;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await createTestDatabase(postgres.url);
  test = await openTestHistory(database.databaseUrl);
});
afterAll(async () => {
  await test?.close();
  await postgres?.stop();
});
beforeEach(async () => {
  await test.redis.del(test.key);
  await test.store.query('truncate calls, call_events, dead_letters, stream_checkpoints');
  await test.stream.ensureGroup('0');
  test.noted.length = 0;
});
afterEach(() => test.stopWorkers());

const some = (n: number) => Array.from({ length: n }, () => incoming());
const idsOf = (events: CallEvent[]) => new Set(events.map(({ eventId }) => eventId));
const seen = (what: string) => test.noted.filter((note) => note.startsWith(what));
const settled = (n: number) =>
  sleepUntil(async () => (await test.stored()).size >= n && (await test.pending()) === 0, {
    timeoutMs: 30_000,
    describe: () => `${n} stored events; ${test.noted.slice(-5).join('; ')}`,
  });
const streamIds = async () => (await test.redis.xrange(test.key, '-', '+')).map(([id]) => id);

describe('I3 the history', () => {
  it('stores every event once, acknowledges it, and makes the calls of them', async () => {
    const events = some(250);
    const end = { ...events[0], type: 'call.ended', eventId: randomUUID() } as CallEvent;
    await test.add(...events, end, ...events.slice(0, 50));
    await test.work('a', { batch: 40 });
    await settled(251);
    expect(await test.stored()).toEqual(idsOf([...events, end]));
    const { rows } = await test.store.query<{ state: string; n: number }>(
      'select state, count(*)::int as n from calls group by state order by n',
    );
    expect(rows).toEqual([
      { state: 'ended', n: 1 },
      { state: 'ringing', n: 249 },
    ]);
    expect(await test.deadLetters()).toEqual([]);
  });

  it('two workers share the work, and nothing is lost or doubled', async () => {
    const events = some(400);
    await Promise.all([test.work('a', { batch: 7 }), test.work('b', { batch: 11 })]);
    for (let i = 0; i < events.length; i += 20) await test.add(...events.slice(i, i + 20));
    await settled(400);
    expect(await test.stored()).toEqual(idsOf(events));
    expect(await test.stream.lag()).toBe(0);
  });

  it('poison is put aside, and those before and behind it are stored', async () => {
    const events = some(20);
    const nul = incoming({ peer: 'canary\0number' } as Partial<CallEvent>);
    const half = incoming({ origin: 'x\ud800' } as Partial<CallEvent>);
    // An id whose time no calendar holds.
    const never = incoming({ callId: 'ffffffff-ffff-7fff-8fff-ffffffffffff' });
    const [, , notJson, , notEvent, , nulId, halfId, , neverId] = await test.add(
      ...events.slice(0, 2),
      '{"broken',
      ...events.slice(2, 3),
      '{"type":"call.unheard-of"}',
      ...events.slice(3, 4),
      nul,
      half,
      ...events.slice(4, 5),
      never,
      ...events.slice(5),
    );
    await test.work('a');
    await settled(20);
    expect(await test.stored()).toEqual(idsOf(events));
    const dead = new Map((await test.deadLetters()).map((letter) => [letter.stream_id, letter]));
    expect([...dead.keys()].toSorted()).toEqual([notJson, notEvent, nulId, halfId, neverId].toSorted());
    expect(dead.get(notJson ?? '')).toMatchObject({ reason: 'not_json', payload: '{"broken' });
    expect(dead.get(nulId ?? '')?.detail).toMatch(/^the database refuses it \(22/);
    expect(JSON.parse(dead.get(nulId ?? '')?.payload ?? '')).toEqual(nul);
    expect(seen('deadLettered')).toHaveLength(5);
    expect(test.noted.join()).not.toContain('canary');
  });

  it('a batch of nothing but poison does not stop what comes after', async () => {
    await test.add(...Array.from({ length: 30 }, (_, i) => `{"poison":${i}`));
    await test.work('a', { batch: 10 });
    await sleepUntil(async () => (await test.deadLetters()).length === 30);
    const [event] = some(1);
    await test.add(event as CallEvent);
    await settled(1);
  });

  it('another tenant’s event of a known call is poison, not a change of hands', async () => {
    const [first] = some(1);
    const stolen = { ...first, tenant: 'globex', eventId: randomUUID() } as CallEvent;
    await test.add(first as CallEvent, stolen);
    await test.work('a');
    await sleepUntil(async () => (await test.deadLetters()).length === 1);
    await settled(1);
    const { rows } = await test.store.query<{ tenant: string }>('select tenant from calls');
    expect(rows).toEqual([{ tenant: 'acme' }]);
  });

  it('a killed worker’s entries are taken over by another one', async () => {
    const events = some(30);
    await test.add(...events);
    expect(await test.stream.read('killed', 10, 10)).toHaveLength(10);
    await test.work('a', { reclaimAfterMs: 60_000 });
    await sleepUntil(async () => (await test.stored()).size === 20);
    expect(await test.pending()).toBe(10);
    await test.stopWorkers();
    await test.work('b', { reclaimAfterMs: 50 });
    await settled(30);
    expect(await test.stored()).toEqual(idsOf(events));
    expect(seen('reclaimed')).toEqual(['reclaimed {"partition":0,"entries":10}']);
  });

  it('entries stored by a worker that died before it acknowledged are not stored twice', async () => {
    const events = some(5);
    await test.add(...events);
    const worker = await test.work('a');
    await settled(5);
    await worker.stop();
    // As if the acknowledgement had not reached Redis.
    await test.redis.xgroup('SETID', test.key, 'history', '0');
    await test.work('b');
    const [last] = some(1);
    await test.add(last as CallEvent);
    await settled(6);
    expect((await test.stored()).size).toBe(6);
  });
});

describe('I3 with PostgreSQL away', () => {
  it('nothing is acknowledged or trimmed, and everything is stored when it is back', async () => {
    const before = some(5);
    await test.work('a', { batch: 4, reclaimAfterMs: 300 });
    await test.add(...before);
    await settled(5);
    await postgres.kill();
    const during = some(12);
    const ids = await test.add(...during);
    await sleepUntil(() => seen('retrying').length >= 2, { timeoutMs: 30_000 });
    expect(await streamIds()).toEqual(expect.arrayContaining(ids));
    expect(await test.pending()).toBeGreaterThan(0);
    await postgres.restart();
    // This server of tests may forget what it committed just before it was killed; what came later it may not.
    const stored = await sleepUntil(
      async () => {
        const ids = await test.stored();
        return during.every(({ eventId }) => ids.has(eventId)) && ids;
      },
      { timeoutMs: 30_000 },
    );
    expect(idsOf([...before, ...during])).toEqual(new Set([...idsOf(before), ...stored]));
    await sleepUntil(async () => (await test.pending()) === 0);
  });
});

describe('I7 the stream is trimmed', () => {
  it('below what is committed, and never above what somebody still owes', async () => {
    const events = some(300);
    const ids = await test.add(...events.slice(0, 150));
    const owed = await test.stream.read('owing', 50, 10);
    expect(owed).toHaveLength(50);
    await test.add(...events.slice(150));
    await test.work('a', { batch: 30 });
    await sleepUntil(async () => (await test.stored()).size === 250);
    expect((await streamIds()).slice(0, 150)).toEqual(ids);
    expect(await readCheckpoint(test.store, 0)).toBe(ids[0]);
    await test.stopWorkers();
    await test.work('b', { batch: 30, reclaimAfterMs: 20 });
    await settled(300);
    await sleepUntil(async () => (await streamIds()).length < 150);
    expect(await test.stored()).toEqual(idsOf(events));
  });
});

describe('I3 with Redis forgetting', () => {
  it('a group that vanished is made anew, and nothing is lost', async () => {
    const first = some(20);
    await test.work('a', { batch: 5 });
    await test.add(...first);
    await settled(20);
    await test.redis.xgroup('DESTROY', test.key, 'history');
    const second = some(20);
    await test.add(...second);
    await sleepUntil(async () => (await test.stored()).size === 40, { timeoutMs: 30_000 });
    expect(await test.stored()).toEqual(idsOf([...first, ...second]));
    expect(seen('groupRecreated').length).toBeGreaterThan(0);
    await test.add(...some(1));
    await settled(41);
  });

  it('a group that vanished with entries in hand loses none of them', async () => {
    const events = some(40);
    await test.add(...events);
    // Another worker has read half of them, and dies as the group goes.
    await test.stream.read('killed', 20, 10);
    await test.redis.xgroup('DESTROY', test.key, 'history');
    await test.work('a', { batch: 8 });
    await sleepUntil(async () => (await test.stored()).size === 40, { timeoutMs: 30_000 });
    expect(await test.stored()).toEqual(idsOf(events));
  });

  it('a group that vanished while one worker was behind begins where that one was', async () => {
    const events = some(60);
    await test.add(...events);
    await test.stream.read('killed', 10, 10);
    const worker = await test.work('a', { batch: 10 });
    await sleepUntil(async () => (await test.stored()).size === 50);
    await worker.stop();
    await test.redis.xgroup('DESTROY', test.key, 'history');
    await test.work('b', { batch: 10 });
    await sleepUntil(async () => (await test.stored()).size === 60, { timeoutMs: 30_000 });
    expect(await test.stored()).toEqual(idsOf(events));
  });

  it('a stream that is gone is begun anew', async () => {
    const first = some(10);
    await test.work('a');
    await test.add(...first);
    await settled(10);
    await test.redis.flushall();
    const second = some(10);
    await test.add(...second);
    await sleepUntil(async () => (await test.stored()).size === 20, { timeoutMs: 30_000 });
    expect(await test.stored()).toEqual(idsOf([...first, ...second]));
    await test.add(...some(1));
    await settled(21);
  });

  it('a stream whose clock went back is read whole', async () => {
    await test.work('a');
    await test.add(...some(3));
    await settled(3);
    await test.stopWorkers();
    await test.redis.del(test.key);
    const second = some(3);
    for (const [i, event] of second.entries())
      await test.redis.xadd(test.key, `${1_000 + i}-0`, 'e', JSON.stringify(event));
    await test.work('b');
    await sleepUntil(async () => (await test.stored()).size === 6, { timeoutMs: 30_000 });
  });

  it('Redis away and back costs nothing but time', async () => {
    const first = some(10);
    await test.work('a', { batch: 5 });
    await test.add(...first);
    await settled(10);
    await test.server.restart();
    const second = some(10);
    await sleepUntil(() => test.redis.ping(), { timeoutMs: 30_000 });
    await test.add(...second);
    await sleepUntil(async () => (await test.stored()).size === 20, { timeoutMs: 30_000 });
    expect(await test.stored()).toEqual(idsOf([...first, ...second]));
  });
});

it('events that follow one another share a transaction, one after a silence does not wait, nor does a full batch', async () => {
  const worker = await test.work('a', { batch: 20, gatherMs: 300_000 });
  await test.add(...some(1));
  await settled(1);
  await test.add(...some(5));
  // The reader gathers now; only its end keeps the test from waiting five minutes.
  await worker.stop();
  expect(await test.stored()).toHaveProperty('size', 1);
  await test.add(...some(34));
  // 39 are left: a full batch, then the rest.
  await test.work('b', { batch: 20, gatherMs: 300_000 });
  await settled(40);
  const sizes = seen('stored').map((note) => /"entries":(\d+)/.exec(note)?.[1]);
  expect(sizes).toEqual(['1', '20', '19']);
});

it('a stop ends after the batch under way, in time, and owes nothing', async () => {
  const worker = await test.work('a', { batch: 5 });
  await test.add(...some(50));
  await sleepUntil(async () => (await test.stored()).size > 0);
  const startedMs = performance.now();
  await worker.stop();
  expect(performance.now() - startedMs).toBeLessThan(15_000);
  expect(await test.pending()).toBe(0);
  expect(worker.lastTurnMs()).toBeLessThanOrEqual(performance.now());
});

it('comes round while its stream can’t be read, and stands still where a read never ends', async () => {
  let hang = false;
  const refuse = () => Promise.reject(new Error('away'));
  const stream = {
    reclaim: refuse,
    read: refuse,
    forgetIdleConsumers: refuse,
  } as unknown as typeof test.stream;
  const reader = startPartitionReader({
    stream: { ...stream, reclaim: () => (hang ? new Promise(() => undefined) : refuse()) },
    store: test.store,
    lanes: { divert: async (entries) => [...entries], stop: async () => undefined },
    events: test.events,
    partition: 0,
    consumer: 'a',
    batch: 1,
    reclaimAfterMs: 1,
    gatherMs: 0,
    reclaimEveryMs: 0,
  });
  const startedMs = reader.lastTurnMs();
  await sleepUntil(() => reader.lastTurnMs() > startedMs);
  hang = true;
  let lastMs = -1;
  await sleepUntil(
    () => {
      const still = reader.lastTurnMs() === lastMs;
      lastMs = reader.lastTurnMs();
      return still;
    },
    // Longer than it waits between two tries.
    { everyMs: 3_000, timeoutMs: 30_000 },
  );
});
