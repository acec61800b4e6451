import { createTraceRecorder } from '@ramal/bus';
import { type CallEvent, createNames, TRACE_FIELD } from '@ramal/contracts';
import { connectStore, listCallTraces, migrate, type Store } from '@ramal/store';
import { createTestDatabase, sleepUntil, type TestDatabase } from '@ramal/testkit';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { incoming, openTestHistory, type TestHistory } from '../test/open-test-history.ts';
import { createTenantLanes } from './tenant-lanes.ts';
import { parseEntry } from './parse-entry.ts';

let database: TestDatabase;
let test: TestHistory;
beforeAll(async () => {
  database = await createTestDatabase();
  test = await openTestHistory(database.databaseUrl);
});
afterAll(async () => {
  await test?.close();
  await database?.drop();
});
beforeEach(async () => {
  await test.redis.del(test.key);
  await test.store.query('truncate calls, call_events, call_traces, dead_letters, stream_checkpoints');
  await test.stream.ensureGroup('0');
  test.noted.length = 0;
});
afterEach(() => test.stopWorkers());

const trace = (callId: string, over: object = {}) => ({
  traceId: randomUUID(),
  callId,
  step: 'job.queued',
  by: 'gateway@host',
  ageMs: 10,
  ...over,
});
const addTraces = (batch: unknown) =>
  test.redis.xadd(test.key, '*', TRACE_FIELD, typeof batch === 'string' ? batch : JSON.stringify(batch));
const countTraces = async (store: Store = test.store) => {
  const { rows } = await store.query<{ n: number }>('select count(*)::int as n from call_traces');
  return rows[0]?.n ?? 0;
};

it('what a recorder noted lies beside its call’s events, at its own moment', async () => {
  const event = incoming();
  await test.work('a');
  await test.add(event);
  const recorder = createTraceRecorder({ redis: test.redis, names: createNames(1), by: 'webhook@host' });
  recorder.record('acme', { callId: event.callId, step: 'callback.received', detail: { kind: 'incoming' } });
  await recorder.stop();
  const [stored] = await sleepUntil(async () => {
    const traces = await listCallTraces(test.store, 'acme', event.callId);
    return traces.length > 0 && traces;
  });
  expect(stored).toMatchObject({
    step: 'callback.received',
    by: 'webhook@host',
    detail: { kind: 'incoming' },
  });
  expect(Math.abs((stored?.atMs ?? 0) - event.at)).toBeLessThan(10_000);
  await sleepUntil(async () => (await test.pending()) === 0);
});

it('poison among traces is put aside and costs no event and no other trace', async () => {
  const events = Array.from({ length: 6 }, () => incoming());
  const [first, second] = events as [CallEvent, CallEvent];
  await test.add(first);
  await addTraces('{"broken');
  await addTraces({ tenant: 'acme', traces: [trace(first.callId, { step: 'unheard-of' })] });
  await addTraces({ tenant: 'acme', traces: [trace(first.callId, { by: 'nul\0' })] });
  await addTraces({ tenant: 'acme', traces: [trace('ffffffff-ffff-7fff-8fff-ffffffffffff')] });
  await addTraces({ tenant: 'acme', traces: [trace(second.callId), trace(first.callId)] });
  await test.add(...events.slice(1));
  await test.work('a');
  await sleepUntil(async () => (await test.stored()).size === 6 && (await test.pending()) === 0);
  expect(await countTraces()).toBe(2);
  expect((await test.deadLetters()).map(({ reason }) => reason)).toEqual([
    'not_json',
    'not_traces',
    'not_traces',
    'not_traces',
  ]);
});

it('more traces than one statement may hold are stored all the same', async () => {
  const event = incoming();
  for (let n = 0; n < 13; n++) {
    const traces = Array.from({ length: 900 }, () => trace(event.callId));
    await addTraces({ tenant: 'acme', traces });
  }
  await test.add(event);
  await test.work('a');
  await sleepUntil(async () => (await countTraces()) === 13 * 900 && (await test.stored()).size === 1, {
    timeoutMs: 30_000,
  });
});

it('R42 traces of a tenant with a database of its own go there, and nowhere else', async () => {
  const own = await createTestDatabase();
  await migrate(own.databaseUrl);
  const store = connectStore({
    databaseUrl: own.databaseUrl,
    applicationName: 'history-test',
    onPoolError: () => undefined,
  });
  const database = { host: 'elsewhere', name: 'globex', passwordMark: '' };
  const tenant = (name: string) => ({
    empresaId: 1,
    tenant: name,
    name: null,
    active: true,
    vip: false,
    database: name === 'globex' ? database : null,
  });
  const lanes = createTenantLanes({
    tenants: {
      store: test.store,
      lookup: { tenant: async (name: string) => tenant(name) },
      stores: { of: async () => store },
    } as unknown as Parameters<typeof createTenantLanes>[0]['tenants'],
    stream: test.stream,
    events: test.events,
    partition: 0,
    batch: 100,
  });
  try {
    const [mine, theirs] = [incoming(), incoming({ tenant: 'globex' })];
    const entries = [
      { tenant: 'acme', traces: [trace(mine.callId)] },
      { tenant: 'globex', traces: [trace(theirs.callId)] },
    ].map((batch, i) => parseEntry({ id: `${i + 1}-0`, kind: 'traces', json: JSON.stringify(batch) }));
    expect(await lanes.divert(entries)).toEqual([entries[0]]);
    await sleepUntil(async () => (await countTraces(store)) === 1);
    expect(await listCallTraces(store, 'globex', theirs.callId)).toHaveLength(1);
    // Migrated by an older version: its events are stored, the traces are told to be lost.
    await store.query('drop table call_traces');
    const event = incoming({ tenant: 'globex' });
    await lanes.divert([
      parseEntry({ id: '3-0', kind: 'traces', json: entries[1]?.json ?? '' }),
      parseEntry({ id: '4-0', kind: 'event', json: JSON.stringify(event) }),
    ]);
    await sleepUntil(async () => {
      const { rows } = await store.query('select 1 from call_events where call_id = $1', [event.callId]);
      return rows.length === 1;
    });
    await sleepUntil(() => test.noted.includes('tracesDropped {"partition":0,"traces":1}'));
  } finally {
    await lanes.stop();
    await store.close();
    await own.drop();
  }
});
