import type { CallEvent, HistoryCall } from '@ramal/contracts';
import { historyCall } from '@ramal/contracts';
import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callIdAt, ended, incoming, reduceForTest } from '../test/call-events.ts';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { CursorInvalidError } from './calls-cursor.ts';
import { type CallsFilter, queryCalls } from './calls-query.ts';
import { writeBatch } from './history-writes.ts';

let db: TestStore;
const month = callIdAt('2026-10-31T23:59:59.999Z');
const ties = Array.from({ length: 7 }, () => callIdAt('2026-11-01T00:00:00.000Z'));

beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
  await write([
    incoming({ callId: month, user: 'bia', ramal: '3502', peer: '+55 47 99999-0001' }),
    ended(month, { user: 'bia', ramal: '3502', peer: '+55 47 99999-0001' }),
    ...ties.map((callId) => incoming({ callId })),
    incoming({ tenant: 'other', callId: callIdAt('2026-11-02T00:00:00Z') }),
    incoming({ tenant: `%`, callId: callIdAt('2026-11-02T00:00:00Z'), peer: `47_3%'` }),
  ]);
});
afterAll(() => db.drop());

async function write(events: CallEvent[]): Promise<void> {
  const batch = { partition: 0, checkpointId: null, deadLetters: [] };
  await writeBatch(db.store, { ...batch, events: events.map((event) => ({ event })) }, reduceForTest);
}

async function find(filter: Partial<CallsFilter>): Promise<string[]> {
  const { calls } = await queryCalls(db.store, { tenant: 'acme', limit: 50, ...filter });
  return calls.map((call) => call.callId);
}

test('pages run newest first over months and ties, each call once', async () => {
  const pages: HistoryCall[][] = [];
  let cursor: string | undefined;
  do {
    const page = await queryCalls(db.store, { tenant: 'acme', limit: 3, cursor });
    pages.push(page.calls);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(pages.map((page) => page.length)).toEqual([3, 3, 2]);
  expect(pages.flat().map((call) => call.callId)).toEqual([...[...ties].sort().reverse(), month]);
});

test('a page that ends exactly at the last call has no next cursor', async () => {
  const { calls, nextCursor } = await queryCalls(db.store, { tenant: 'acme', limit: 8 });
  expect(calls).toHaveLength(8);
  expect(nextCursor).toBeNull();
});

test('a call is shown as the contract says', async () => {
  const { calls } = await queryCalls(db.store, { tenant: 'acme', limit: 1, user: 'bia' });
  expect(historyCall.parse(calls[0])).toEqual(calls[0]);
  expect(calls[0]).toMatchObject({
    callId: month,
    tenant: 'acme',
    state: 'ended',
    result: 'completed',
    user: 'bia',
    ramal: '3502',
    peer: { raw: '+55 47 99999-0001', e164: null, display: '+55 47 99999-0001' },
    startedAt: '2026-10-31T23:59:59.999Z',
    endedAt: '2026-11-01T00:00:59.999Z',
    answeredAt: null,
  });
});

test('each filter keeps what it names', async () => {
  expect(await find({ ramal: '3502' })).toEqual([month]);
  expect(await find({ state: 'ended' })).toEqual([month]);
  expect(await find({ result: 'completed' })).toEqual([month]);
  expect(await find({ direction: 'outbound' })).toEqual([]);
  expect(await find({ from: '2026-10-31T20:59:59.999-03:00', to: '2026-11-01T00:00:00Z' })).toEqual([month]);
  expect(await find({ from: '2026-11-01T00:00:00Z' })).toHaveLength(7);
});

test('a number is found by its last digits, however it was written', async () => {
  expect(await find({ number: '999990001' })).toEqual([month]);
  expect(await find({ number: '+5547999990001' })).toEqual([month]);
  expect(await find({ number: '32100123' })).toHaveLength(7);
  expect(await find({ number: '99999' })).toEqual([]);
});

test('the search by suffix is served by its index', async () => {
  await db.store.query(
    `insert into calls (started_at, call_id, tenant, peer_digits)
     select '2026-11-15'::timestamptz + n * interval '1 second', gen_random_uuid(), 'big', (4_700_000_000 + n)::text
       from generate_series(1, 5000) n`,
  );
  await db.store.query('analyze calls');
  const { rows } = await db.store.query(
    'explain select * from calls where tenant = $1 and reverse(peer_digits) like $2',
    ['big', '7654%'],
  );
  expect(JSON.stringify(rows)).toContain('reverse(peer_digits) ~>=~');
});

test("I6 a tenant sees its own calls only, whatever another's name looks like", async () => {
  expect(await find({ tenant: '%' })).toHaveLength(1);
  expect(await find({ tenant: '_' })).toEqual([]);
  expect(await find({ tenant: 'other' })).toHaveLength(1);
  expect(await find({ user: `' or true --` })).toEqual([]);
});

test('a cursor that is not ours is refused with a typed error', async () => {
  const forged = Buffer.from('1.x').toString('base64url');
  for (const cursor of ['', 'x', forged, Buffer.from(`5.${month}`).toString('base64url')]) {
    await expect(find({ cursor })).rejects.toBeInstanceOf(CursorInvalidError);
  }
});
