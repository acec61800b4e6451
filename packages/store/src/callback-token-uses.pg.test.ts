import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { createCallbackTokenUses } from './callback-token-uses.ts';
import { insertCallbackToken, listCallbackTokens } from './callback-tokens.ts';
import { hashSecret } from './hash-secret.ts';

let db: TestStore;
beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
  for (const token of ['one', 'two'])
    await insertCallbackToken(db.store, { tokenHash: hashSecret(token), tenant: 'acme', name: token });
});
afterAll(() => db.drop());

const ageSec = async (name: string): Promise<number | null> => {
  const found = (await listCallbackTokens(db.store, 'acme')).find((token) => token.name === name);
  return found?.lastUsedAt == null ? null : (Date.now() - found.lastUsedAt.getTime()) / 1000;
};

test('threat 5 the last use of each token is shown, in one statement for many, and never goes back', async () => {
  let nowMs = 0;
  const errors: Error[] = [];
  const uses = createCallbackTokenUses({
    store: db.store,
    now: () => nowMs,
    onError: (error) => errors.push(error),
  });
  uses.note(hashSecret('one'));
  nowMs = 3_600_000;
  uses.note(hashSecret('two'));
  expect(await ageSec('one')).toBeNull();
  await uses.flush();
  expect(await ageSec('one')).toBeGreaterThan(3_500);
  expect(await ageSec('two')).toBeLessThan(600);

  uses.note(hashSecret('two'));
  nowMs += 7_200_000;
  await uses.stop();
  expect(await ageSec('two')).toBeLessThan(600);
  expect(errors).toEqual([]);
});

test('a use that can’t be written is told, and stops nothing', async () => {
  const errors: string[] = [];
  const uses = createCallbackTokenUses({
    store: { query: () => Promise.reject(new Error('down')) },
    now: () => 0,
    onError: (error) => errors.push(error.message),
  });
  uses.note(hashSecret('one'));
  await uses.flush();
  await uses.flush();
  expect(errors).toEqual(['down']);
});

test('noting a use is no change of configuration', async () => {
  const { rows } = await db.store.query<{ watched: string }>(
    `select event_object_table as watched from information_schema.triggers
      where trigger_name = 'ramal_notify_tenant' and event_object_table like 'callback%' group by 1 order by 1`,
  );
  expect(rows.map(({ watched }) => watched)).toEqual([
    'callback_credentials',
    'callback_networks',
    'callback_tokens',
  ]);
});
