import { readdirSync } from 'node:fs';
import { createEmptyDatabase, type TestDatabase } from '@ramal/testkit';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrate } from './migrate.ts';

const MIGRATIONS = readdirSync(new URL('../migrations', import.meta.url)).length;

let database: TestDatabase;

beforeEach(async () => {
  database = await createEmptyDatabase();
});
afterEach(() => database.drop());

async function select(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database.databaseUrl });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}

const COLUMNS = `
  select table_name, string_agg(column_name, ' ' order by ordinal_position) as columns
    from information_schema.columns
   where table_name in ('wl_chamados_empresa', 'empresas', 'configuracao_cti')
   group by table_name order by table_name`;

test('migrating a second time does nothing', async () => {
  expect(await migrate(database.databaseUrl)).toHaveLength(MIGRATIONS);
  expect(await migrate(database.databaseUrl)).toEqual([]);
});

test('processes that migrate at the same time wait for each other and all succeed', async () => {
  const applied = await Promise.all(Array.from({ length: 6 }, () => migrate(database.databaseUrl)));
  expect(applied.flat()).toHaveLength(MIGRATIONS);
});

test("R1-R28 R41 the manual's tables have the manual's columns", async () => {
  await migrate(database.databaseUrl);
  expect(await select(COLUMNS)).toEqual([
    {
      table_name: 'configuracao_cti',
      columns:
        'empresa_id autenticacao tipo protocolo ip porta caminho usa_linha numero_linha metodo_chamada ' +
        'nome_variavel_origem_sainte nome_variavel_destino_sainte nome_variavel_origem ' +
        'nome_variavel_destino nome_variavel_audio',
    },
    {
      table_name: 'empresas',
      columns:
        'empresa_id usa_cti cti_autenticacao cti_tipo cti_protocolo cti_ip cti_porta cti_caminho ' +
        'cti_usa_linha cti_numero_linha cti_usa_zero_ddd cti_nome_origem cti_nome_destino',
    },
    {
      table_name: 'wl_chamados_empresa',
      columns:
        'empresa_id nome nome_banco senha_banco senha_padrao ativo versao_ambiente data_versao host vip ' +
        'tenant curva_health_score health_score',
    },
  ]);
});

test("R13 a CRM's own tables and rows stay as they are", async () => {
  await select('create table empresas (empresa_id bigint, razao_social text)');
  await select(`insert into empresas values (7, 'Acme')`);
  await migrate(database.databaseUrl);
  expect(await select('select * from empresas')).toEqual([{ empresa_id: '7', razao_social: 'Acme' }]);
});

test('partitions of both tables exist from last month to three months ahead', async () => {
  await migrate(database.databaseUrl);
  const rows = await select(
    `select to_char(now() at time zone 'utc' + make_interval(months => m), '_YYYY_MM') as month,
            to_regclass('calls' || to_char(now() at time zone 'utc' + make_interval(months => m), '_YYYY_MM')) is not null
            and to_regclass('call_events' || to_char(now() at time zone 'utc' + make_interval(months => m), '_YYYY_MM')) is not null as there
       from generate_series(-2, 4) m order by m`,
  );
  expect(rows.map((row) => row['there'])).toEqual([false, true, true, true, true, true, false]);
});
