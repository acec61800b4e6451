import { createNames } from '@ramal/contracts';
import { connectStore, migrate, type Store } from '@ramal/store';
import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buryCallback } from './bury-callback.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let store: Store;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database.databaseUrl);
  store = connectStore({
    databaseUrl: database.databaseUrl,
    applicationName: 'test',
    onPoolError: () => undefined,
  });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

it('I3 I8 a callback that can never be told is put aside once, under its tenant, and the reason holds no number', async () => {
  const names = createNames();
  const letter = {
    id: 'b7c1',
    tenant: 'demo',
    payload: '{"callback":{"peer":"47987650001"}}',
    error: new Error("NOPERM no permission for 'ramal:{p1}:line:demo:3501:87650001'"),
  };
  const tenants = { historyOf: async () => store };
  await buryCallback(tenants, names, letter);
  await buryCallback(tenants, names, letter);
  const { rows } = await store.query(
    'select source, partition, tenant, reason, detail, payload from dead_letters',
    [],
  );
  expect(rows).toEqual([
    {
      source: 'journal',
      partition: names.partitionOf('demo'),
      tenant: 'demo',
      reason: 'callback_untold',
      detail: 'Error: NOPERM',
      payload: letter.payload,
    },
  ]);
});
