import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callIdAt, incoming, reduceForTest } from '../test/call-events.ts';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { queryCalls } from './calls-query.ts';
import { writeBatch } from './history-writes.ts';

let db: TestStore;
beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
});
afterAll(() => db.drop());

test('R34 the history keeps the far end as it was written, and its E.164 where there is one', async () => {
  const [plain, normalised] = [callIdAt(Date.now()), callIdAt(Date.now() + 1)];
  const peer = { raw: '3210-0123', e164: '+554732100123', display: '(47) 3210-0123' };
  for (const callId of [plain, normalised]) {
    await writeBatch(
      db.store,
      { partition: 0, checkpointId: null, events: [{ event: incoming({ callId }) }], deadLetters: [] },
      (events) => ({
        ...reduceForTest(events),
        peer: callId === normalised ? peer : { raw: '3210-0123', e164: null, display: '3210-0123' },
      }),
    );
  }
  const { calls } = await queryCalls(db.store, { tenant: 'acme', limit: 10 });
  expect(calls.map((call) => call.peer)).toEqual([
    peer,
    { raw: '3210-0123', e164: null, display: '3210-0123' },
  ]);
});
