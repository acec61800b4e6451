import { randomBytes } from 'node:crypto';
import { createEmptyDatabase, createTestDatabase, sleepUntil, type TestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { connectTenants } from './connect-tenants.ts';
import { findTenant, type Tenant } from './tenant-directory.ts';
import { createTenantStores } from './tenant-stores.ts';

const TENANTS = 1_000;
let db: TestStore;
let own: TestDatabase[];

beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
  own = await Promise.all(Array.from({ length: 3 }, () => createEmptyDatabase()));
  await db.store.query(
    `insert into wl_chamados_empresa (empresa_id, tenant, ativo)
     select i, 'company-' || i, 1 from generate_series(1, $1) i`,
    [TENANTS],
  );
  for (const [i, { databaseUrl }] of own.entries()) {
    const url = new URL(databaseUrl);
    const name = url.pathname.slice(1);
    await db.store.query(`create role "${name}" login password 'p'`);
    await db.store.query(`alter database "${name}" owner to "${name}"`);
    await db.store.query(
      `update wl_chamados_empresa set host = $2, nome_banco = $3, senha_banco = 'p' where empresa_id = $1`,
      [i + 1, url.host, name],
    );
  }
});
afterAll(async () => {
  for (const database of own ?? []) await database.drop();
  await db?.drop();
});

async function tenantOf(empresaId: number): Promise<Tenant> {
  const tenant = await findTenant(db.store, `company-${empresaId}`);
  if (tenant === null) throw new Error('no such tenant');
  return tenant;
}

test('R42 pools of tenants’ databases are bounded: the least recently used one is closed, and opened again when asked for', async () => {
  const stores = createTenantStores({
    shared: db.store,
    sealer: null,
    applicationName: 'bounded',
    onPoolError: () => undefined,
    maxPools: 2,
  });
  const connections = async () => {
    const { rows } = await db.store.query<{ name: string }>(
      `select distinct datname as name from pg_stat_activity where application_name = 'bounded'`,
    );
    return rows.length;
  };
  const ask = async (empresaId: number) =>
    (await (await stores.of(await tenantOf(empresaId))).query<{ n: number }>('select 1 as n')).rows[0]?.n;
  try {
    for (const empresaId of [1, 2, 3]) {
      expect(await ask(empresaId)).toBe(1);
      expect(stores.open()).toBeLessThanOrEqual(2);
    }
    await sleepUntil(async () => (await connections()) === 2, { timeoutMs: 30_000 });
    expect(await ask(1)).toBe(1);
    expect(await stores.of(await tenantOf(4))).toBe(db.store);
  } finally {
    await stores.close();
  }
});

test(`R29 the configuration of ${TENANTS} tenants is read once, and not again until something changes`, async () => {
  // One connection, so that what it has read is counted when it says so.
  const tenants = connectTenants({
    databaseUrl: db.databaseUrl,
    applicationName: 'counted',
    masterKey: randomBytes(32),
    maxConnections: 1,
    // All of them wait for that one.
    timeouts: { connectMs: 60_000 },
    onError: () => undefined,
  });
  const reads = async () => {
    await tenants.store.query('select pg_stat_force_next_flush()');
    const { rows } = await tenants.store.query<{ n: number }>(
      `select sum(seq_scan + coalesce(idx_scan, 0))::int as n from pg_stat_user_tables
        where relname in ('configuracao_cti', 'empresas', 'cti_settings')`,
    );
    return rows[0]?.n ?? 0;
  };
  const shared = Array.from({ length: TENANTS - 3 }, (_, i) => `company-${i + 4}`);
  const askAll = () => Promise.all(shared.map((tenant) => tenants.lookup.profile(tenant)));
  const isListening = async () =>
    (
      await db.store.query(
        `select 1 from pg_stat_activity where application_name = 'counted-listen' and query like 'listen%'`,
      )
    ).rowCount === 1;
  try {
    await sleepUntil(isListening, { timeoutMs: 30_000 });
    const atFirst = await reads();
    await askAll();
    const once = await reads();
    expect(once - atFirst).toBeGreaterThanOrEqual(3 * shared.length);
    for (let i = 0; i < 20; i++) await askAll();
    expect(await reads()).toBe(once);
    await db.store.query(`insert into empresas (empresa_id, usa_cti) values (10, 1)`);
    await sleepUntil(async () => (await tenants.lookup.profile('company-10'))?.cti.status !== 'disabled', {
      timeoutMs: 10_000,
    });
    await askAll();
    // One tenant's three tables, read again.
    expect((await reads()) - once).toBeLessThanOrEqual(12);
  } finally {
    await tenants.close();
  }
});
