import { randomBytes } from 'node:crypto';
import { createEmptyDatabase, createTestDatabase, sleepUntil, type TestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { incoming, reduceForTest } from '../test/call-events.ts';
import { connectTenants, type Tenants } from './connect-tenants.ts';
import { writeBatch } from './history-writes.ts';
import { migrate } from './migrate.ts';

let directory: TestDatabase;
let own: TestDatabase;
let tenants: Tenants;

const REST = `autenticacao, tipo, protocolo, ip, porta, caminho, usa_linha, numero_linha, metodo_chamada,
  nome_variavel_origem_sainte, nome_variavel_destino_sainte, nome_variavel_origem, nome_variavel_destino, nome_variavel_audio`;
const ROW = `2, 10, 'http', '127.0.0.1', '8080', 'dial', 0, '', 'GET', 'o', 'd', 'de', 'para', 'audio'`;

beforeAll(async () => {
  [directory, own] = await Promise.all([createTestDatabase(), createEmptyDatabase()]);
  await migrate(directory.databaseUrl);
  tenants = connectTenants({
    databaseUrl: directory.databaseUrl,
    applicationName: 'test',
    masterKey: randomBytes(32),
    maxConnections: 4,
    onError: () => undefined,
  });
  await tenants.store.query(
    `insert into wl_chamados_empresa (empresa_id, nome, tenant, ativo) values (1, 'Um', 'um', 1), (2, 'Dois', 'dois', 1)`,
  );
});

afterAll(async () => {
  await tenants?.close();
  await Promise.all([directory?.drop(), own?.drop()]);
});

test('R29 a change made with plain SQL counts within 2 s, and in between nothing is asked of the database', async () => {
  const listening = async () => {
    const { rows } = await tenants.store.query(
      `select 1 from pg_stat_activity where application_name = 'test-listen' and datname = current_database() and query like 'listen%'`,
    );
    return rows.length === 1;
  };
  await sleepUntil(listening, { timeoutMs: 30_000 });
  await tenants.store.query(`insert into configuracao_cti (empresa_id, ${REST}) values (1, ${ROW})`);
  await sleepUntil(async () => (await tenants.lookup.profile('um'))?.cti.status === 'ok', {
    timeoutMs: 10_000,
  });
  const reads = async () => {
    const { rows } = await tenants.store.query<{ n: string }>(
      `select sum(seq_scan + coalesce(idx_scan, 0))::text as n from pg_stat_user_tables where relname = 'configuracao_cti'`,
    );
    return rows[0]?.n;
  };
  await tenants.store.query('select pg_stat_force_next_flush()');
  const before = await reads();
  for (let i = 0; i < 500; i++) await tenants.lookup.profile('um');
  await tenants.store.query('select pg_stat_force_next_flush()');
  expect(await reads()).toBe(before);

  await tenants.store.query(`update configuracao_cti set tipo = 11 where empresa_id = 1`);
  await sleepUntil(async () => (await tenants.lookup.profile('um'))?.cti.status === 'invalid', {
    timeoutMs: 10_000,
  });
  await tenants.store.query(`update wl_chamados_empresa set ativo = 0 where empresa_id = 1`);
  await sleepUntil(async () => (await tenants.lookup.profile('um'))?.tenant.active === false, {
    timeoutMs: 10_000,
  });
});

test('R29 changes count also after the connection that brings the notices was lost', async () => {
  await tenants.store.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test-listen' and datname = current_database()`,
  );
  await tenants.store.query(`update wl_chamados_empresa set nome = 'Um outro' where empresa_id = 1`);
  await sleepUntil(async () => (await tenants.lookup.profile('um'))?.tenant.name === 'Um outro', {
    timeoutMs: 10_000,
  });
});

test('R42 a filled host, nome_banco and senha_banco lead to the tenant’s own database, migrated at first use', async () => {
  const url = new URL(own.databaseUrl);
  const name = url.pathname.slice(1);
  // The user is the database's name.
  await tenants.store.query(`create role "${name}" login password 'segredo do banco'`);
  await tenants.store.query(`alter database "${name}" owner to "${name}"`);
  await tenants.store.query(
    `update wl_chamados_empresa set host = $1, nome_banco = $2, senha_banco = 'segredo do banco' where empresa_id = 2`,
    [url.host, name],
  );
  await sleepUntil(async () => (await tenants.lookup.tenant('dois'))?.database != null, {
    timeoutMs: 10_000,
  });
  const store = await tenants.historyOf('dois');
  expect(store).not.toBe(tenants.store);
  const event = incoming({ tenant: 'dois' });
  await writeBatch(
    store,
    { partition: 0, checkpointId: null, events: [{ event }], deadLetters: [] },
    reduceForTest,
  );
  const count = async (where: { query: typeof store.query }) =>
    (await where.query<{ n: number }>(`select count(*)::int as n from calls where tenant = 'dois'`)).rows[0]
      ?.n;
  expect(await count(store)).toBe(1);
  expect(await count(tenants.store)).toBe(0);

  // Its configuration lives there too, in a row that needs no empresa_id to be found.
  await store.query(`insert into configuracao_cti (empresa_id, ${REST}) values (2, ${ROW})`);
  await sleepUntil(async () => (await tenants.lookup.profile('dois'))?.cti.status === 'ok', {
    timeoutMs: 10_000,
  });
});

test('R42 a password that a DBA filled in plain is encrypted in place at first sight', async () => {
  const { rows } = await tenants.store.query<{ senha_banco: string }>(
    'select senha_banco from wl_chamados_empresa where empresa_id = 2',
  );
  expect(rows[0]?.senha_banco).toMatch(/^enc:v2:1:/);
  await tenants.store.query(
    `insert into agents (tenant, user_name, ramal, agente, senha, active) values ('dois', 'eva', '2001', 'ag-eva', '', true)`,
  );
  await tenants.store.query(`update wl_chamados_empresa set senha_padrao = 'padrão' where empresa_id = 2`);
  await sleepUntil(async () => (await tenants.lookup.credentials('dois', 'eva'))?.senha === 'padrão', {
    timeoutMs: 10_000,
  });
  const after = await tenants.store.query<{ senha_padrao: string }>(
    'select senha_padrao from wl_chamados_empresa where empresa_id = 2',
  );
  expect(after.rows[0]?.senha_padrao).toMatch(/^enc:v2:1:/);
});

test('R42 a tenant whose database is out of reach fails alone, and fast after the first time', async () => {
  await tenants.store.query(
    `insert into wl_chamados_empresa (empresa_id, tenant, ativo, host, nome_banco, senha_banco)
     values (3, 'tres', 1, '127.0.0.1:1', 'nobody', 'x')`,
  );
  await sleepUntil(async () => (await tenants.lookup.tenant('tres'))?.database != null, { timeoutMs: 2_000 });
  await expect(tenants.historyOf('tres')).rejects.toThrow();
  const startedAt = performance.now();
  for (let i = 0; i < 100; i++) await expect(tenants.historyOf('tres')).rejects.toThrow();
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  expect((await tenants.lookup.profile('um'))?.tenant.name).toBe('Um outro');
});
