import { readFile } from 'node:fs/promises';
import { buildOriginate } from '@ramal/cti';
import { connectStore, createTenantLookup, findApiKey, hashSecret, migrate, type Store } from '@ramal/store';
import { createTestDatabase, type TestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

const text = await readFile(new URL('../../docs/first-tenant.md', import.meta.url), 'utf8');
const statements = [...text.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(([, sql = '']) => sql);
const API_KEY = 'rk_REPLACE-WITH-API-KEY';
const CALLBACK_TOKEN = 'cb_REPLACE-WITH-CALLBACK-TOKEN';

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database.databaseUrl);
  store = connectStore({
    databaseUrl: database.databaseUrl,
    applicationName: 'first-tenant-test',
    onPoolError: () => undefined,
  });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

test('the statements of docs/first-tenant.md make a tenant that can dial, and take it back', async () => {
  const revocation = statements.at(-1) ?? '';
  expect(revocation).toContain('revoked_at');
  for (const sql of statements.slice(0, -1)) await store.query(sql);

  expect(await findApiKey(store, hashSecret(API_KEY))).toEqual({ name: 'crm', tenant: 'minha-empresa' });
  const lookup = createTenantLookup(store);
  const profile = await lookup.byCallbackToken(CALLBACK_TOKEN);
  expect(profile?.tenant).toMatchObject({ tenant: 'minha-empresa', active: true });
  expect(profile?.userByRamal.get('3501')).toBe('ana');
  expect(profile?.cti).toMatchObject({
    status: 'ok',
    warnings: [],
    callback: {
      originName: 'origem',
      externalIdName: 'uniqueid',
      statusName: 'disposition',
      replyBody: 'OK',
    },
  });
  const credentials = await lookup.credentials('minha-empresa', 'ana');
  if (profile?.cti.status !== 'ok' || credentials === null) throw new Error('the tenant can’t dial');
  const request = buildOriginate({
    config: profile.cti.config,
    credentials,
    number: '4732100123',
    internal: false,
  });
  expect(request.url).toBe('https://pbx.example.com:8080/api/clicktodial?origem=3501&destino=4732100123');

  await store.query(revocation);
  const later = createTenantLookup(store);
  expect(await findApiKey(store, hashSecret(API_KEY))).toBeNull();
  expect(await later.byCallbackToken(CALLBACK_TOKEN)).toBeNull();
  expect((await later.profile('minha-empresa'))?.tenant.active).toBe(false);
});
