import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callIdAt, incoming, reduceForTest } from '../test/call-events.ts';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { listCallTraces, type StoredTrace } from './call-traces.ts';
import { listCallEvents, listStoredEvents } from './call-trail.ts';
import { isDataError } from './data-error.ts';
import { type HistoryBatch, writeBatch } from './history-writes.ts';

let db: TestStore;
beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
});
afterAll(() => db.drop());

function trace(over: Partial<StoredTrace> = {}): StoredTrace {
  return {
    traceId: randomUUID(),
    callId: callIdAt(Date.now()),
    tenant: 'acme',
    atMs: Date.now(),
    step: 'popup.published',
    by: 'webhook@host',
    user: 'ana',
    popupId: randomUUID(),
    detail: { kind: 'incoming', connected: true },
    ...over,
  };
}

const write = (over: Partial<HistoryBatch>) =>
  writeBatch(
    db.store,
    { partition: 0, checkpointId: null, events: [], deadLetters: [], ...over },
    reduceForTest,
  );

test('traces are stored once with their batch, and read in the order of their time', async () => {
  const event = incoming();
  const { callId } = event;
  const [later, earlier] = [
    trace({ callId, atMs: event.at + 20, step: 'popup.withheld', reason: 'expired' }),
    trace({ callId, atMs: event.at + 10 }),
  ];
  const batch = { events: [{ event }], traces: [later, earlier, later] };
  expect(await write(batch)).toMatchObject({ events: 1, traces: 2, tracesDropped: 0 });
  expect(await write(batch)).toMatchObject({ events: 0, traces: 0, tracesDropped: 0 });
  expect(await listCallTraces(db.store, 'acme', callId)).toEqual([earlier, later]);
});

test('I6 nobody reads another tenant’s traces', async () => {
  const mine = trace();
  await write({ traces: [mine] });
  expect(await listCallTraces(db.store, 'evil', mine.callId)).toEqual([]);
  expect(await listCallTraces(db.store, 'acme', 'no-uuid')).toEqual([]);
});

test('traces of a month far away make its tables', async () => {
  const far = trace({ callId: callIdAt('2071-07-01T00:00:00Z') });
  await write({ traces: [far] });
  expect(await listCallTraces(db.store, 'acme', far.callId)).toEqual([far]);
});

test.each([
  ['a NUL', { by: 'a\0b' }],
  ['half a surrogate pair', { detail: { why: '\ud800' } }],
  ['no time in the call id', { callId: randomUUID() }],
  ['a time beyond all calendars', { atMs: -1 }],
])('a trace with %s is a data error', async (_, over) => {
  const error = await write({ traces: [trace(), trace(over)] }).catch((e: unknown) => e);
  expect(isDataError(error)).toBe(true);
});

test('each month that events have a table for has one for traces', async () => {
  const { rows } = await db.store.query<{ parent: string; months: string }>(
    `select inhparent::regclass::text as parent,
            string_agg(right(inhrelid::regclass::text, 7), ' ' order by inhrelid::regclass::text) as months
       from pg_inherits where inhparent in ('call_events'::regclass, 'call_traces'::regclass)
      group by 1 order by 1`,
  );
  expect(rows.map(({ parent }) => parent)).toEqual(['call_events', 'call_traces']);
  expect(rows[0]?.months).toBe(rows[1]?.months);
});

test('an event notes when it was stored, the first time', async () => {
  const event = incoming();
  await write({ events: [{ event }] });
  const [first] = await listStoredEvents(db.store, 'acme', event.callId);
  expect(first?.event).toEqual(event);
  expect(first?.storedAtMs).toBeGreaterThan(0);
  await write({ events: [{ event }] });
  expect(await listStoredEvents(db.store, 'acme', event.callId)).toEqual([first]);
});

test('a database without the table, or one that is locked, loses the traces and none of the events', async () => {
  const other = await openTestStore(await createTestDatabase(), { lockMs: 100 });
  const writeThere = (over: Partial<HistoryBatch>) =>
    writeBatch(
      other.store,
      { partition: 0, checkpointId: null, events: [], deadLetters: [], ...over },
      reduceForTest,
    );
  try {
    const locked = incoming();
    await other.store.withTransaction(async (transaction) => {
      await transaction.query('lock table call_traces in access exclusive mode');
      const counts = await writeThere({ events: [{ event: locked }], traces: [trace(), trace()] });
      expect(counts).toMatchObject({ events: 1, traces: 0, tracesDropped: 2 });
    });
    await other.store.query('drop table call_traces');
    const event = incoming();
    const counts = await writeThere({ events: [{ event }], traces: [trace()] });
    expect(counts).toMatchObject({ events: 1, traces: 0, tracesDropped: 1 });
    expect(await listCallEvents(other.store, 'acme', event.callId)).toEqual([event]);
  } finally {
    await other.drop();
  }
});
