import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { ensurePartitions } from './partitions.ts';

let db: TestStore;
beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
});
afterAll(() => db.drop());

test('missing months are made once, over the end of a year, whoever asks', async () => {
  const now = Date.UTC(2031, 11, 31, 23, 59);
  const made = await Promise.all([1, 2, 3].map(() => ensurePartitions(db.store, 2, now)));
  expect(made.sort((a, b) => a - b)).toEqual([0, 0, 12]);
  const { rows } = await db.store.query<{ part: string }>(
    `select inhrelid::regclass::text as part from pg_inherits
      where inhparent = 'calls'::regclass and inhrelid::regclass::text ~ '_203[12]_' order by 1`,
  );
  expect(rows.map((row) => row.part)).toEqual([
    'calls_2031_11',
    'calls_2031_12',
    'calls_2032_01',
    'calls_2032_02',
  ]);
});

test('making partitions waits for no reader or writer of the tables', async () => {
  await db.store.withTransaction(async (writer) => {
    await writer.query(
      `insert into calls (started_at, call_id, tenant) values (now(), gen_random_uuid(), 't')`,
    );
    expect(await ensurePartitions(db.store, 0, Date.UTC(2040, 5, 1))).toBe(6);
  });
});
