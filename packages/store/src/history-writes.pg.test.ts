import { randomUUID } from 'node:crypto';
import type { CallEvent } from '@ramal/contracts';
import fc from 'fast-check';
import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callIdAt, ended, incoming, reduceForTest } from '../test/call-events.ts';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { listCallEvents } from './call-trail.ts';
import { readCheckpoint } from './checkpoints.ts';
import type { Store } from './connect-store.ts';
import { isDataError } from './data-error.ts';
import { type HistoryBatch, writeBatch } from './history-writes.ts';

let db: TestStore;
beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
});
afterAll(() => db.drop());

function batch(events: CallEvent[], overrides: Partial<HistoryBatch> = {}): HistoryBatch {
  return {
    partition: 0,
    checkpointId: null,
    events: events.map((event) => ({ event })),
    deadLetters: [],
    ...overrides,
  };
}

function toGate(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function countLockWaiters(): Promise<number> {
  const { rows } = await db.store.query<{ waiters: number }>(
    `select count(*)::int as waiters from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]?.waiters ?? 0;
}

async function readCall(callId: string): Promise<Record<string, unknown> | undefined> {
  const { rows } = await db.store.query('select * from calls where call_id = $1', [callId]);
  return rows[0];
}

test('I3 a batch written twice is stored once, with its dead letters and its checkpoint', async () => {
  const callId = callIdAt(Date.now());
  const events = [incoming({ callId, recording: 'https://cti/1.wav' }), ended(callId)];
  const deadLetters = [{ streamId: '5-0', reason: 'bad_json', detail: 'x', payload: '{"a":\0' }];
  const both = batch([...events, ...events], { partition: 3, checkpointId: '5-0', deadLetters });
  expect(await writeBatch(db.store, both, reduceForTest)).toMatchObject({
    events: 2,
    calls: 1,
    deadLetters: 1,
  });
  expect(await writeBatch(db.store, both, reduceForTest)).toMatchObject({
    events: 0,
    calls: 1,
    deadLetters: 0,
  });
  expect(await readCheckpoint(db.store, 3)).toBe('5-0');
  expect(await readCall(callId)).toMatchObject({
    tenant: 'acme',
    state: 'ended',
    result: 'completed',
    ramal: '3501',
    user_name: 'ana',
    peer: '(47) 3210-0123',
    peer_digits: '4732100123',
    recording: 'https://cti/1.wav',
    duration_sec: 2,
    context: null,
  });
  expect(await listCallEvents(db.store, 'acme', callId)).toEqual(events);
  const { rows } = await db.store.query('select payload from dead_letters');
  expect(rows).toEqual([{ payload: '{"a":\\u0000' }]);
});

test('I4 a writer waits for another that has read the events of the same call', async () => {
  const callId = callIdAt(Date.now());
  await writeBatch(db.store, batch([incoming({ callId })]), reduceForTest);
  const gate = toGate();
  const hasRead = toGate();
  const held: Store = {
    ...db.store,
    withTransaction: (work) =>
      db.store.withTransaction((transaction) =>
        work({
          async query<Row extends object>(text: string, values?: readonly unknown[]) {
            const result = await transaction.query<Row>(text, values);
            if (!text.includes('from call_events')) return result;
            hasRead.resolve();
            await gate.promise;
            return result;
          },
        }),
      ),
  };
  const first = writeBatch(held, batch([incoming({ callId })]), reduceForTest);
  await hasRead.promise;
  let secondDone = false;
  const second = writeBatch(db.store, batch([incoming({ callId })]), reduceForTest).finally(() => {
    secondDone = true;
  });
  await expect.poll(async () => secondDone || (await countLockWaiters()) > 0).toBe(true);
  gate.resolve();
  await Promise.all([first, second]);
  expect(await readCall(callId)).toMatchObject({ duration_sec: 3 });
});

test('I4 writers of the same new calls in opposite orders take turns and never deadlock', async () => {
  const callIds = Array.from({ length: 1_500 }, () => callIdAt(Date.now()));
  const writers = [0, 1, 2].map((writer) => {
    const events = callIds.map((callId) => incoming({ callId, at: 1_000 + writer }));
    return writer % 2 === 0 ? events : events.reverse();
  });
  await Promise.all(writers.map((events) => writeBatch(db.store, batch(events), reduceForTest)));
  const { rows } = await db.store.query(
    'select duration_sec, count(*)::int as calls from calls where call_id = any($1) group by 1',
    [callIds],
  );
  expect(rows).toEqual([{ duration_sec: 3, calls: 1_500 }]);
});

test('I4 any order, split and repetition of the same events stores the same rows', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 5 }), { minLength: 6, maxLength: 12 }),
      fc.integer({ min: 1, max: 4 }),
      async (picks, size) => {
        const callIds = [callIdAt(Date.now()), callIdAt(Date.now())];
        const facts = callIds.flatMap((callId) => [
          incoming({ callId }),
          incoming({ callId }),
          ended(callId),
        ]);
        const stream = [...picks, 0, 1, 2, 3, 4, 5].map((pick) => facts[pick] as CallEvent);
        for (let from = 0; from < stream.length; from += size) {
          await writeBatch(db.store, batch(stream.slice(from, from + size)), reduceForTest);
        }
        for (const callId of callIds) {
          expect(await readCall(callId)).toMatchObject({ state: 'ended', duration_sec: 3 });
        }
      },
    ),
    { numRuns: 10 },
  );
});

test.each([
  ['a NUL in a string', () => incoming({ peer: '47\0' })],
  ['half a surrogate pair', () => incoming({ peer: '\ud800' })],
  ['a call id without a time', () => incoming({ callId: randomUUID(), at: 0 })],
  ['a call id of the year 9000', () => incoming({ callId: callIdAt('9000-01-01T00:00:00Z') })],
  ['a time beyond all calendars', () => incoming({ at: 8_640_000_000_000_001 })],
  ['a duration that overflows its column', () => incoming({ durationSec: 3_000_000_000 })],
])('%s is a data error and takes its whole batch back', async (_, poison) => {
  const good = incoming();
  const reduce = (events: readonly CallEvent[]) => ({
    ...reduceForTest(events),
    durationSec: Math.max(...events.map((event) => ('durationSec' in event ? (event.durationSec ?? 0) : 0))),
  });
  const error = await writeBatch(db.store, batch([good, poison()]), reduce).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(Error);
  expect(isDataError(error)).toBe(true);
  expect(await readCall(good.callId)).toBeUndefined();
});

test('events that reduce to no call are a data error', async () => {
  const fail = () => {
    throw new TypeError('surprise');
  };
  const error = await writeBatch(db.store, batch([incoming()]), fail).catch((e: unknown) => e);
  expect(isDataError(error)).toBe(true);
});

test('a server that is not there, other writers and a missing partition are no data errors', async () => {
  expect(isDataError(new Error('Query read timeout'))).toBe(false);
  for (const statement of [
    'do $$ begin raise lock_not_available; end $$',
    'do $$ begin raise query_canceled; end $$',
    'do $$ begin raise serialization_failure; end $$',
    `insert into calls (started_at, call_id, tenant) values ('1999-01-01', gen_random_uuid(), 't')`,
  ]) {
    const error = await db.store.query(statement).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Error);
    expect(isDataError(error)).toBe(false);
  }
});

test("I6 an event can't add to another tenant's call", async () => {
  const mine = incoming();
  await writeBatch(db.store, batch([mine]), reduceForTest);
  const theirs = ended(mine.callId, { tenant: 'evil' });
  for (const events of [[theirs], [mine, theirs]]) {
    const error = await writeBatch(db.store, batch(events), reduceForTest).catch((e: unknown) => e);
    expect(isDataError(error)).toBe(true);
  }
  expect(await readCall(mine.callId)).toMatchObject({ tenant: 'acme', state: 'ringing' });
  expect(await listCallEvents(db.store, 'evil', mine.callId)).toEqual([]);
});

test('calls dated far away get their partitions on demand, also by writers that race', async () => {
  const old = callIdAt('2011-12-31T23:59:59.999Z');
  const next = callIdAt('2012-01-01T00:00:00.000Z');
  const far = callIdAt('2098-02-10T12:00:00Z');
  const events = [incoming({ callId: old }), incoming({ callId: next }), incoming({ callId: far })];
  const write = () => writeBatch(db.store, batch(events), reduceForTest);
  await Promise.all([write(), write(), write(), write()]);
  const { rows } = await db.store.query(
    `select tableoid::regclass::text as part from calls where call_id = any($1) order by call_id`,
    [[old, next, far]],
  );
  expect(rows.map((row) => row['part'])).toEqual(['calls_2011_12', 'calls_2012_01', 'calls_2098_02']);
  const { rows: parts } = await db.store.query(`select to_regclass('call_events_2011_12')::text as part`);
  expect(parts).toEqual([{ part: 'call_events_2011_12' }]);
});

test('I6 ids with quotes, braces, % and _ are stored as they are', async () => {
  const tenant = `a'b"{}%_*:\\__proto__;--`;
  const event = incoming({ tenant, user: `o'neil"%`, externalCallId: `{"x":1},\\` });
  await writeBatch(db.store, batch([event]), reduceForTest);
  expect(await readCall(event.callId)).toMatchObject({
    tenant,
    user_name: `o'neil"%`,
    external_call_id: `{"x":1},\\`,
  });
  expect(await listCallEvents(db.store, tenant, event.callId)).toEqual([event]);
  expect(await listCallEvents(db.store, 'a_b', event.callId)).toEqual([]);
});

test('an event id that another call has taken leaves no empty call behind', async () => {
  const at = Date.now();
  const first = incoming({ callId: callIdAt(at) });
  const second = incoming({ callId: callIdAt(at), eventId: first.eventId });
  await writeBatch(db.store, batch([first, second]), reduceForTest);
  expect(await readCall(first.callId)).toBeDefined();
  expect(await readCall(second.callId)).toBeUndefined();
});

test('I4 an event of a new call that another call had before is not in its row', async () => {
  const at = Date.now();
  const first = incoming({ callId: callIdAt(at) });
  await writeBatch(db.store, batch([first]), reduceForTest);
  const callId = callIdAt(at);
  const own = incoming({ callId });
  const taken = ended(callId, { eventId: first.eventId });
  await writeBatch(db.store, batch([own, taken]), reduceForTest);
  expect(await readCall(callId)).toMatchObject({ state: 'ringing', duration_sec: 1 });
  expect(await listCallEvents(db.store, 'acme', callId)).toEqual([own]);
});

test('I4 of two events of a new call with one id the first is kept, and is what the row says', async () => {
  const said = incoming({ peer: '1111' });
  const other = { ...said, peer: '2222' } as CallEvent;
  expect(await writeBatch(db.store, batch([said, other]), reduceForTest)).toMatchObject({
    events: 1,
    calls: 1,
  });
  expect(await readCall(said.callId)).toMatchObject({ peer: '1111', duration_sec: 1 });
  expect(await listCallEvents(db.store, 'acme', said.callId)).toEqual([said]);
});

test('a batch of nothing moves the checkpoint, and the last writer wins', async () => {
  await writeBatch(db.store, batch([], { partition: 4, checkpointId: '9-0' }), reduceForTest);
  await writeBatch(db.store, batch([], { partition: 4, checkpointId: '7-1' }), reduceForTest);
  await writeBatch(db.store, batch([], { partition: 4 }), reduceForTest);
  expect(await readCheckpoint(db.store, 4)).toBe('7-1');
  expect(await readCheckpoint(db.store, 5)).toBeNull();
});
