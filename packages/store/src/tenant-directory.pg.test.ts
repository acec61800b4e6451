import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { findApiKey, insertApiKey } from './api-keys.ts';
import { findCallbackToken, insertCallbackToken } from './callback-tokens.ts';
import { hashSecret } from './hash-secret.ts';
import { findTenant } from './tenant-directory.ts';

let db: TestStore;
beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
  await db.store.query(
    `insert into wl_chamados_empresa (empresa_id, nome, tenant, ativo, vip, senha_banco, senha_padrao) values
       (1, 'Acme', 'acme', 1, 1, 's3cret', 's3cret'),
       (2, 'Closed', 'closed', 0, 0, null, null),
       (3, null, 'it''s%_', null, null, null, null)`,
  );
});
afterAll(() => db.drop());

test('R41 R42 a tenant leads to its company, without its passwords', async () => {
  expect(await findTenant(db.store, 'acme')).toEqual({
    empresaId: 1,
    tenant: 'acme',
    name: 'Acme',
    active: true,
    vip: true,
    database: null,
  });
  expect(await findTenant(db.store, 'nobody')).toBeNull();
});

test('R42 only ativo = 0 refuses: a company without the flag is active', async () => {
  expect(await findTenant(db.store, 'closed')).toMatchObject({ active: false, vip: false });
  expect(await findTenant(db.store, `it's%_`)).toMatchObject({ empresaId: 3, active: true, vip: false });
  expect(await findTenant(db.store, '%')).toBeNull();
});

test('R42 flags may be of another type in a database of the CRM', async () => {
  const crm = await openTestStore(await createTestDatabase());
  await crm.store.query('alter table wl_chamados_empresa alter ativo type varchar');
  await crm.store.query(`insert into wl_chamados_empresa (empresa_id, tenant, ativo) values (1, 'a', '0')`);
  expect(await findTenant(crm.store, 'a')).toMatchObject({ active: false });
  await crm.drop();
});

test('I6 a callback token leads to its tenant until it is revoked', async () => {
  const tokenHash = hashSecret('a token');
  await insertCallbackToken(db.store, { tokenHash, tenant: 'acme' });
  await insertCallbackToken(db.store, { tokenHash, tenant: 'closed' });
  expect(await findCallbackToken(db.store, tokenHash)).toMatchObject({ tenant: 'acme' });
  expect(await findCallbackToken(db.store, hashSecret('a toke'))).toBeNull();
  await db.store.query('update callback_tokens set revoked_at = now()');
  expect(await findCallbackToken(db.store, tokenHash)).toBeNull();
});

test('an API key is found by its hash until it is revoked', async () => {
  await insertApiKey(db.store, { keyHash: hashSecret('one'), name: 'crm', tenant: 'acme' });
  await insertApiKey(db.store, { keyHash: hashSecret('all'), name: 'ops', tenant: null });
  expect(await findApiKey(db.store, hashSecret('one'))).toMatchObject({ name: 'crm', tenant: 'acme' });
  expect(await findApiKey(db.store, hashSecret('all'))).toMatchObject({ name: 'ops', tenant: null });
  expect(await findApiKey(db.store, hashSecret('none'))).toBeNull();
  await db.store.query(`update api_keys set revoked_at = now() where name = 'crm'`);
  expect(await findApiKey(db.store, hashSecret('one'))).toBeNull();
});
