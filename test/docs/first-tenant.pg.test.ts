import { readFile } from 'node:fs/promises';
import { buildOriginate } from '@ramal/cti';
import { connectTenants, findApiKey, hashSecret, migrate, type Tenants } from '@ramal/store';
import { createTestDatabase, sleepUntil, type TestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

const text = await readFile(new URL('../../docs/first-tenant.md', import.meta.url), 'utf8');
const statements = [...text.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(([, sql = '']) => sql);
const API_KEY = 'rk_REPLACE-WITH-API-KEY';
const CALLBACK_TOKEN = 'cb_REPLACE-WITH-CALLBACK-TOKEN';

let database: TestDatabase;
let tenants: Tenants;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database.databaseUrl);
  tenants = connectTenants({
    databaseUrl: database.databaseUrl,
    applicationName: 'first-tenant-test',
    masterKey: null,
    maxConnections: 4,
    onError: () => undefined,
  });
});
afterAll(async () => {
  await tenants?.close();
  await database.drop();
});

test('the statements of docs/first-tenant.md make a tenant that can dial, and take it back', async () => {
  const { store, lookup } = tenants;
  const revocation = statements.at(-1) ?? '';
  expect(revocation).toContain('revoked_at');
  for (const sql of statements.slice(0, -1)) await store.query(sql);

  expect(await findApiKey(store, hashSecret(API_KEY))).toMatchObject({
    name: 'crm',
    tenant: 'minha-empresa',
  });
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
  expect(await findApiKey(store, hashSecret(API_KEY))).toBeNull();
  await sleepUntil(async () => (await lookup.byCallbackToken(CALLBACK_TOKEN)) === null, {
    timeoutMs: 10_000,
  });
  await sleepUntil(async () => (await lookup.profile('minha-empresa'))?.tenant.active === false, {
    timeoutMs: 10_000,
  });
});
