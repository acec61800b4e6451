import { createTestDatabase } from '@ramal/testkit';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { type AuditRecord, queryAudit } from './audit-query.ts';

let opened: TestStore;

beforeAll(async () => {
  opened = await openTestStore(await createTestDatabase());
});
afterAll(() => opened.drop());
/** A company of its own for each test: nobody can empty the log. */
let empresaId = 0;
let tenant = '';
beforeEach(async () => {
  empresaId += 1;
  tenant = `acme-${empresaId}`;
  await sql(
    `insert into wl_chamados_empresa (empresa_id, nome, tenant, ativo) values (${empresaId}, 'Acme', '${tenant}', 1)`,
  );
});

const sql = (text: string) => opened.store.query(text);
const read = async (): Promise<AuditRecord[]> => queryAudit(opened.store, { tenant, limit: 100 });
/** The newest entry. */
const last = async (): Promise<AuditRecord | undefined> => (await read())[0];

test('a change by plain SQL tells who, with what, which columns, from what to what', async () => {
  await sql(`insert into empresas (empresa_id, usa_cti, cti_ip) values (${empresaId}, 1, 'cti.example')`);
  await sql(`update empresas set usa_cti = 0, cti_porta = '8.080' where empresa_id = ${empresaId}`);
  expect(await last()).toMatchObject({
    tenant,
    actor: expect.stringMatching(/^database \w+$/),
    action: 'config.changed',
    subject: `company ${empresaId}`,
    detail: {
      table: 'empresas',
      operation: 'update',
      application: 'store-test',
      empresaId,
      columns: { usa_cti: { old: 1, new: 0 }, cti_porta: { new: '8.080' } },
    },
  });
});

test('inserted and deleted rows are told of too, and an update that changes nothing is not', async () => {
  await sql(`insert into configuracao_cti (empresa_id, ip) values (${empresaId}, '10.1.2.3')`);
  await sql(`update configuracao_cti set ip = '10.1.2.3' where empresa_id = ${empresaId}`);
  await sql(`delete from configuracao_cti where empresa_id = ${empresaId}`);
  const changes = (await read()).map(({ detail }) => [detail['operation'], detail['columns']]);
  expect(changes.slice(0, 2)).toEqual([
    ['delete', { ip: { old: '10.1.2.3' } }],
    ['insert', { ip: { new: '10.1.2.3' } }],
  ]);
  expect(changes).toHaveLength(3);
});

test('I8 of secrets and keys it is told that they changed, never what they are', async () => {
  await sql(
    `update wl_chamados_empresa set senha_banco = 'S3GREDO-a', senha_padrao = 'S3GREDO-b' where empresa_id = ${empresaId}`,
  );
  await sql(`insert into agents (tenant, user_name, display_name, ramal, agente, senha, token)
             values ('${tenant}', 'ana', 'Ana S3GREDO', '3501', 'S3GREDO-c', 'S3GREDO-d', 'S3GREDO-e')`);
  await sql(`update agents set senha = 'S3GREDO-f' where tenant = '${tenant}'`);
  await sql(
    `insert into api_keys (key_hash, name, tenant) values (sha256('S3GREDO-${tenant}'), 'crm', '${tenant}')`,
  );
  await sql(
    `insert into callback_tokens (token_hash, tenant) values (sha256('S3GREDO-${tenant}'), '${tenant}')`,
  );
  await sql(`insert into cti_settings values (${empresaId}, '{"secret": "S3GREDO-g", "ramalMaxDigits": 4}')`);
  await sql(`update configuracao_cti set caminho = 'x' where empresa_id = ${empresaId}`);
  await sql(
    `insert into configuracao_cti (empresa_id, caminho) values (${empresaId}, 'api/dial?key=S3GREDO-h')`,
  );
  const entries = await read();
  expect(JSON.stringify(entries)).not.toContain('S3GREDO');
  const hash = (await sql(`select encode(key_hash, 'hex') as hex from api_keys where tenant = '${tenant}'`))
    .rows[0]?.['hex'];
  expect(JSON.stringify(entries)).not.toContain(hash);
  expect(
    entries
      .map(({ subject, detail }) => [subject, detail['columns']])
      .toReversed()
      .slice(1),
  ).toMatchObject([
    [`company ${empresaId}`, { senha_banco: '(changed)', senha_padrao: '(changed)' }],
    ['user ana', { ramal: { new: '3501' }, senha: '(changed)' }],
    ['user ana', { senha: '(changed)' }],
    ['key crm', { key_hash: '(changed)' }],
    [null, { token_hash: '(changed)' }],
    [`company ${empresaId}`, { settings: '(changed)' }],
    [`company ${empresaId}`, { caminho: { new: 'api/dial' } }],
  ]);
  const settings = entries.find(({ detail }) => detail['table'] === 'cti_settings')?.detail['settings'];
  expect(settings).toEqual({ secret: '(changed)', ramalMaxDigits: { new: 4 } });
});

test('I8 what may be a telephone number is not told either', async () => {
  await sql(
    `insert into empresas (empresa_id, cti_numero_linha, cti_ip) values (${empresaId}, '4732100123', 'host-4732100123')`,
  );
  await sql(
    `insert into cti_settings values (${empresaId}, '{"destinations": {"allow": ["4732100123"]}, "n": 4732100123}')`,
  );
  expect(JSON.stringify((await read()).map(({ detail }) => detail))).not.toContain('2100123');
  expect((await read()).map(({ detail }) => detail['table']).slice(0, 2)).toEqual([
    'cti_settings',
    'empresas',
  ]);
});

test("a CRM's own columns are none of our business", async () => {
  await sql('alter table empresas add column if not exists razao_social text');
  await sql(`insert into empresas (empresa_id, usa_cti) values (${empresaId}, 1)`);
  await sql(`update empresas set razao_social = 'S3GREDO' where empresa_id = ${empresaId}`);
  expect((await last())?.detail).toMatchObject({ operation: 'insert', columns: { usa_cti: { new: 1 } } });
});

test('a program of ours may say on whose behalf it writes', async () => {
  await opened.store.withTransaction(async (transaction) => {
    await transaction.query(`select set_config('ramal.actor', 'key crm', true)`);
    await transaction.query(`insert into empresas (empresa_id, usa_cti) values (${empresaId}, 1)`);
  });
  expect(await last()).toMatchObject({ actor: 'key crm', subject: `company ${empresaId}` });
});

test("R13 a CRM's write never fails because of the log, not even where there is no log", async () => {
  const database = await createTestDatabase();
  const other = await openTestStore(database);
  await other.store.query('drop table audit_seals, audit_log cascade');
  await other.store.query(`insert into empresas (empresa_id, usa_cti) values (1, 1)`);
  await other.store.query(`insert into cti_settings values (1, '[1]')`);
  expect((await other.store.query('select * from empresas')).rows).toHaveLength(1);
  await other.drop();
});

test("a CRM's user without any right to the log still writes to its table, and is written down", async () => {
  const role = `crm_${process.pid}_${Date.now()}`;
  await sql(`create role ${role} login password 'x'`);
  try {
    await sql(`grant select, insert, update on empresas to ${role}`);
    const url = new URL(opened.databaseUrl);
    [url.username, url.password] = [role, 'x'];
    const client = new pg.Client({ connectionString: url.href, application_name: 'crm' });
    await client.connect();
    try {
      await client.query(`insert into empresas (empresa_id, usa_cti) values (${empresaId}, 1)`);
      await expect(client.query('select * from audit_log')).rejects.toThrow('permission denied');
      // Nor can it lead the entry astray.
      await client.query('create temporary table audit_log (like empresas)');
      await client.query(`update empresas set usa_cti = 0 where empresa_id = ${empresaId}`);
    } finally {
      await client.end();
    }
    const entries = await read();
    expect(entries.slice(0, 2)).toMatchObject([
      { actor: `database ${role}`, detail: { operation: 'update', application: 'crm' } },
      { actor: `database ${role}`, detail: { operation: 'insert', application: 'crm' } },
    ]);
  } finally {
    await sql(`drop owned by ${role}`);
    await sql(`drop role ${role}`);
  }
});
