import { createTestDatabase } from '@ramal/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callIdAt, ended, incoming, reduceForTest } from '../test/call-events.ts';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { listMonths } from './expired-months.ts';
import { writeBatch } from './history-writes.ts';
import { claimRetentionRun, finishRetentionRun } from './retention-floors.ts';
import { type RetentionOptions, runRetention } from './run-retention.ts';

const BEFORE = {
  april: Date.UTC(2026, 3, 1),
  may: Date.UTC(2026, 4, 1),
  june: Date.UTC(2026, 5, 1),
};
let db: TestStore;

beforeEach(async () => {
  db = await openTestStore(await createTestDatabase());
});
afterEach(() => db.drop());

async function store(tenant: string, time: string, more: object = {}): Promise<string> {
  const callId = callIdAt(time);
  const events = [
    incoming({ tenant, callId, recording: 'https://pbx/1.wav' }),
    ended(callId, { tenant, recording: 'https://pbx/1.wav', ...more }),
  ];
  const trace = {
    traceId: events[0]?.eventId ?? '',
    callId,
    tenant,
    atMs: Date.parse(time),
    step: 'callback.received' as const,
    by: 'webhook@test',
  };
  await writeBatch(
    db.store,
    {
      partition: 0,
      checkpointId: null,
      events: events.map((event) => ({ event })),
      traces: [trace],
      deadLetters: [],
    },
    reduceForTest,
  );
  return callId;
}
const cutoff = (tenant: string, callsBeforeMs: number | null, recordingsBeforeMs: number | null = null) => ({
  tenant,
  callsBeforeMs,
  recordingsBeforeMs,
});
const run = (cutoffs: RetentionOptions['cutoffs'], more: object = {}) =>
  runRetention(db.store, { cutoffs, unknownBeforeMs: null, batch: 2, ...more });
/** Rows by table, as `acme 2`. */
async function rows(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const table of ['calls', 'call_events', 'call_traces']) {
    const { rows: counts } = await db.store.query<{ tenant: string; count: string }>(
      `select tenant, count(*) as count from ${table} group by 1 order by 1`,
    );
    found[table] = counts.map(({ tenant, count }) => `${tenant} ${count}`);
  }
  return found;
}
const months = async () =>
  (await listMonths(db.store)).map(({ suffix }) => suffix).filter((name) => name < '2026_06');

test('threat 11: of two tenants in one month the one with the shorter retention loses its rows, the other none', async () => {
  for (let i = 0; i < 5; i++) await store('acme', `2026-03-1${i}T12:00:00Z`);
  await store('acme', '2026-04-02T12:00:00Z');
  await store('globex', '2026-03-10T12:00:00Z');
  const cutoffs = [cutoff('acme', BEFORE.april), cutoff('globex', null)];
  const expected = { monthsDropped: [], calls: 5, events: 10, traces: 5 };
  expect(await run(cutoffs, { dryRun: true })).toMatchObject(expected);
  expect(await run(cutoffs)).toMatchObject(expected);
  const left = {
    calls: ['acme 1', 'globex 1'],
    call_events: ['acme 2', 'globex 2'],
    call_traces: ['acme 1', 'globex 1'],
  };
  expect(await rows()).toEqual(left);
  expect(await run(cutoffs)).toMatchObject({ calls: 0, events: 0, traces: 0 });
  expect(await months()).toEqual(['2026_03', '2026_04']);
});

test('a month is dropped whole once the time of all its tenants has passed, and not before', async () => {
  await store('acme', '2026-03-10T12:00:00Z');
  await store('globex', '2026-03-10T12:00:00Z');
  await store('globex', '2026-04-10T12:00:00Z');
  expect(await run([cutoff('acme', BEFORE.may), cutoff('globex', BEFORE.april)])).toMatchObject({
    monthsDropped: ['2026_03'],
    calls: 0,
  });
  expect(await months()).toEqual(['2026_04']);
  expect((await rows())['calls']).toEqual(['globex 1']);
});

test('tenants that nobody named a time for keep everything', async () => {
  await store('acme', '2026-03-10T12:00:00Z');
  await store('unknown', '2026-03-10T12:00:00Z');
  await run([cutoff('acme', BEFORE.may)]);
  expect((await rows())['calls']).toEqual(['unknown 1']);
});

test('what comes late about a removed call is left out, and neither fails nor brings its month back', async () => {
  const callId = await store('acme', '2026-03-10T12:00:00Z');
  await run([cutoff('acme', BEFORE.april)]);
  expect(await months()).toEqual([]);
  const late = incoming({ callId, eventId: '00000000-0000-4000-8000-000000000001' });
  const fresh = incoming({ callId: callIdAt('2026-05-10T12:00:00Z') });
  const other = incoming({ tenant: 'globex', callId: callIdAt('2026-04-10T12:00:00Z') });
  const counts = await writeBatch(
    db.store,
    {
      partition: 0,
      checkpointId: '1-0',
      events: [late, fresh, other].map((event) => ({ event })),
      deadLetters: [],
    },
    reduceForTest,
  );
  expect(counts).toMatchObject({ events: 2, calls: 2, expired: 1, deadLetters: 0 });
  expect(await months()).toEqual(['2026_04', '2026_05']);
});

test('links to recordings may go earlier than their calls, and stay away', async () => {
  const callId = await store('acme', '2026-03-10T12:00:00Z');
  await store('acme', '2026-05-10T12:00:00Z');
  expect(await run([cutoff('acme', null, BEFORE.april)])).toMatchObject({ calls: 0, recordings: 3 });
  const again = ended(callId, {
    recording: 'https://pbx/2.wav',
    eventId: '00000000-0000-4000-8000-000000000002',
  });
  await writeBatch(
    db.store,
    { partition: 0, checkpointId: null, events: [{ event: again }], deadLetters: [] },
    reduceForTest,
  );
  const { rows: calls } = await db.store.query(
    `select c.recording, (select count(*)::int from call_events e where e.call_id = c.call_id and e.event ? 'recording') as links
       from calls c order by started_at`,
  );
  expect(calls).toEqual([
    { recording: null, links: 0 },
    { recording: 'https://pbx/1.wav', links: 2 },
  ]);
});

test("dead letters go with their tenant's calls, and those of nobody by the installation's time", async () => {
  const letter = (streamId: string, payload: string) => ({
    streamId,
    reason: 'not_an_event',
    detail: '',
    payload,
  });
  const deadLetters = [
    letter('1-0', '{"tenant":"acme"}'),
    letter('2-0', '{"tenant": "glo\\u0062ex"}'),
    letter('3-0', 'poison'),
  ];
  await writeBatch(db.store, { partition: 0, checkpointId: null, events: [], deadLetters }, reduceForTest);
  const tomorrow = Date.now() + 86_400_000;
  expect(await run([cutoff('acme', tomorrow)])).toMatchObject({ deadLetters: 1 });
  expect(await run([], { unknownBeforeMs: tomorrow })).toMatchObject({ deadLetters: 1 });
  const { rows: left } = await db.store.query('select stream_id, tenant from dead_letters');
  expect(left).toEqual([{ stream_id: '2-0', tenant: 'globex' }]);
});

test('a run that was stopped goes on where it was, and one that is repeated looks at little again', async () => {
  for (let i = 0; i < 5; i++) await store('acme', `2026-03-1${i}T12:00:00Z`);
  await store('globex', '2026-03-10T12:00:00Z');
  const stopping = new AbortController();
  const cutoffs = [cutoff('acme', BEFORE.april)];
  await run(cutoffs, { signal: stopping.signal, onProgress: () => stopping.abort() });
  expect((await rows())['calls']).toEqual(['acme 5', 'globex 1']);
  await run(cutoffs);
  expect(await rows()).toMatchObject({
    calls: ['globex 1'],
    call_events: ['globex 2'],
    call_traces: ['globex 1'],
  });
});

test('a month that a writer holds is left for the next run', async () => {
  await store('acme', '2026-03-10T12:00:00Z');
  await db.store
    .withTransaction(async (transaction) => {
      await transaction.query('select * from calls for update');
      const counts = await run([cutoff('acme', BEFORE.april)]).catch((error: unknown) => error);
      expect(counts).toMatchObject({ monthsBusy: ['2026_03'], monthsDropped: [] });
    })
    .catch(() => undefined);
  expect(await run([cutoff('acme', BEFORE.april)])).toMatchObject({ monthsDropped: ['2026_03'] });
});

test('of all who look one begins the run that is due', async () => {
  const day = 86_400_000;
  const claims = await Promise.all(Array.from({ length: 5 }, () => claimRetentionRun(db.store, day)));
  expect(claims.filter(Boolean)).toHaveLength(1);
  await finishRetentionRun(db.store);
  expect(await claimRetentionRun(db.store, day)).toBe(false);
  expect(await claimRetentionRun(db.store, 0)).toBe(true);
  expect(await claimRetentionRun(db.store, 0)).toBe(false);
  await db.store.query(`update retention_runs set started_at = now() - interval '61 minutes'`);
  expect(await claimRetentionRun(db.store, day)).toBe(true);
});
