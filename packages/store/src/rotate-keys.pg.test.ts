import { randomBytes } from 'node:crypto';
import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { findAgentCredentials, toAgentField } from './agents.ts';
import { readCompanySecret } from './company-secrets.ts';
import type { Store } from './connect-store.ts';
import { readKeyStatus } from './key-status.ts';
import { createMasterKeys, type MasterKeys } from './master-keys.ts';
import { listTenantsWithSecrets, rewrapTenantKeys, rotateTenantKey } from './rotate-keys.ts';
import { createSecretSealer } from './secret-sealer.ts';
import { createTenantSecrets } from './tenant-secrets.ts';

const USERS = 120;
const [older, newer] = [randomBytes(32), randomBytes(32)];
const masterKeys = createMasterKeys([older]);
const LONG_AGO = '2000-01-01T00:00:00Z';
const NEVER = '2999-01-01T00:00:00Z';

let db: TestStore;
beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.store.query('truncate wl_chamados_empresa, agents, tenant_keys');
  await db.store.query(
    `insert into wl_chamados_empresa (empresa_id, tenant, senha_banco, senha_padrao)
     values (1, 'acme', 'banco', 'padrao'), (2, 'globex', '', 'other')`,
  );
  await db.store.query(
    `insert into agents (tenant, user_name, senha, token)
     select 'acme', 'user-' || i, 'senha-' || i, case when i % 2 = 0 then 'token-' || i else '' end
       from generate_series(1, ${USERS}) i`,
  );
});

const sealerOf = (keys: MasterKeys) =>
  createSecretSealer({
    secrets: createTenantSecrets({ store: db.store, masterKeys: keys }),
    masterKeys: keys,
    onNotSealed: (error) => {
      throw error;
    },
  });
const rotate = (store: Store = db.store, since = NEVER) => rotateTenantKey(store, masterKeys, 'acme', since);

/** All of acme's secrets, as a service with these master keys reads them. */
async function readAll(keys = masterKeys): Promise<(string | null | undefined)[]> {
  const sealer = sealerOf(keys);
  const company = { tenant: 'acme', empresaId: 1 };
  const read = [
    await readCompanySecret(db.store, sealer, company, 'senha_banco'),
    await readCompanySecret(db.store, sealer, company, 'senha_padrao'),
  ];
  const users = await Promise.all(
    Array.from({ length: USERS }, (_, i) => findAgentCredentials(db.store, sealer, 'acme', `user-${i + 1}`)),
  );
  return [...read, ...users.flatMap((one) => [one?.senha, one?.token])];
}
const PLAIN = [
  'banco',
  'padrao',
  ...Array.from({ length: USERS }, (_, i) => [
    `senha-${i + 1}`,
    i % 2 === 1 ? `token-${i + 1}` : null,
  ]).flat(),
];
const SECRETS = PLAIN.filter((one) => one !== null).length;
const countsOf = async () => {
  const { columns } = await readKeyStatus(db.store, 'acme');
  const sum = (of: 'current' | 'older' | 'v1' | 'plain') =>
    columns.reduce((total, one) => total + one[of], 0);
  return { current: sum('current'), older: sum('older'), v1: sum('v1'), plain: sum('plain') };
};

test('a rotation seals all of a tenant’s secrets with a new key, and nothing of another tenant', async () => {
  expect(await countsOf()).toEqual({ current: 0, older: 0, v1: 0, plain: SECRETS });
  expect(await rotate()).toMatchObject({ version: 1, newKey: false, sealed: SECRETS, failures: [] });
  expect(await countsOf()).toEqual({ current: SECRETS, older: 0, v1: 0, plain: 0 });
  expect(await rotate()).toMatchObject({ version: 2, newKey: true, sealed: SECRETS, failures: [] });
  expect(await countsOf()).toEqual({ current: SECRETS, older: 0, v1: 0, plain: 0 });
  expect(await readAll()).toEqual(PLAIN);
  expect((await readKeyStatus(db.store, 'globex')).columns.map(({ plain }) => plain)).toEqual([
    0, 1, 0, 0, 0, 0,
  ]);
  expect(await listTenantsWithSecrets(db.store)).toEqual(['acme', 'globex']);
});

test('a rotation that is cut off goes on where it was, without another key', async () => {
  await rotate();
  const begun = (
    await db.store.query<{ now: Date }>('select clock_timestamp() as now')
  ).rows[0]?.now.toISOString();
  let transactions = 0;
  const dying: Store = {
    ...db.store,
    withTransaction: (work) =>
      ++transactions > 3 ? Promise.reject(new Error('killed')) : db.store.withTransaction(work),
  };
  await expect(rotate(dying, begun)).rejects.toThrow('killed');
  const halfWay = await countsOf();
  expect(halfWay.older).toBeGreaterThan(0);
  expect(halfWay.current).toBeGreaterThan(0);
  // Half-way everything opens, in every service.
  const again = await rotate(db.store, begun);
  expect(again).toMatchObject({ version: 2, newKey: false, sealed: halfWay.older });
  expect(await countsOf()).toEqual({ current: SECRETS, older: 0, v1: 0, plain: 0 });
  expect(await readAll()).toEqual(PLAIN);
});

test('services read on while keys are rotated, and a password that is changed meanwhile stays changed', async () => {
  await rotate();
  const sealer = sealerOf(masterKeys);
  let rotating = true;
  const reading = (async () => {
    let reads = 0;
    for (; rotating; reads++) {
      const i = (reads % USERS) + 1;
      const found = await findAgentCredentials(db.store, sealer, 'acme', `user-${i}`);
      expect(found?.senha).toBe(i === 110 ? (found?.senha ?? '') : `senha-${i}`);
    }
    return reads;
  })();
  const racing: Store = {
    ...db.store,
    // Between reading user-110 and writing it back, the CRM gives them another password.
    withTransaction: async (work) => {
      await db.store.query(`update agents set senha = 'changed' where user_name = 'user-110'`);
      return db.store.withTransaction(work);
    },
  };
  try {
    await rotate(racing);
  } finally {
    rotating = false;
  }
  expect(await reading).toBeGreaterThan(0);
  expect((await findAgentCredentials(db.store, sealer, 'acme', 'user-110'))?.senha).toBe('changed');
});

test('two rotations of one tenant at once leave everything readable', async () => {
  await rotate();
  await Promise.all([rotate(), rotate(), rotate()]);
  expect(await readAll()).toEqual(PLAIN);
});

test('what does not open is told by tenant and field, and keeps nothing else from being sealed', async () => {
  await rotate();
  const secrets = createTenantSecrets({ store: db.store, masterKeys });
  const moved = await secrets.seal('acme', toAgentField('senha', 'user-1'), 'canary');
  await db.store.query(`update agents set senha = $1 where user_name = 'user-2'`, [moved]);
  const { failures, sealed } = await rotate();
  expect(sealed).toBe(SECRETS - 1);
  expect(failures.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^agents\.senha of user user-2 of tenant acme can't be opened/),
  ]);
  expect(await countsOf()).toEqual({ current: SECRETS - 1, older: 1, v1: 0, plain: 0 });
});

test('a new master key wraps the keys; then the old one is not needed, and no secret has changed', async () => {
  await rotate();
  await rotate(db.store, NEVER);
  const stored = () => db.store.query('select senha, token from agents order by user_name');
  const before = (await stored()).rows;
  const both = createMasterKeys([newer, older]);
  expect(await rewrapTenantKeys(db.store, both, 'acme')).toEqual({ wrapped: 2, sealed: 0, failures: [] });
  // Again, it finds nothing left to do.
  expect(await rewrapTenantKeys(db.store, both, 'acme')).toEqual({ wrapped: 0, sealed: 0, failures: [] });
  expect((await stored()).rows).toEqual(before);
  const alone = createMasterKeys([newer]);
  expect(await readAll(alone)).toEqual(PLAIN);
  const { masterKeys: used } = await readKeyStatus(db.store, null);
  expect(used).toEqual([{ id: alone.newest.id, keys: 2, tenants: 1 }]);
});

test('keys of a master key that is not at hand are told and stay', async () => {
  await rotate(db.store, LONG_AGO);
  const result = await rewrapTenantKeys(db.store, createMasterKeys([newer]), 'acme');
  expect(result.wrapped).toBe(0);
  expect(result.failures.map(({ message }) => message)).toEqual([
    `tenant_keys version 1 of tenant acme can't be opened: wrapped by master key ${masterKeys.newest.id}, not at hand`,
  ]);
});
