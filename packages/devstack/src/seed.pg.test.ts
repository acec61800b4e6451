import { migrate } from '@ramal/store';
import { createTestDatabase, type TestDatabase } from '@ramal/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seedDatabase, toManualPort } from './seed.ts';
import type { StackSecrets } from './stack-secrets.ts';

const secrets: StackSecrets = {
  agentTokenSecret: 'x',
  masterKey: '',
  apiKey: 'rk_test',
  callbackTokens: { demo: 'cb_demo', acme: 'cb_acme' },
  agents: { ana: { senha: 'senha-ana', token: 'token-ana' } },
};
let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database.databaseUrl);
  client = new pg.Client(database.databaseUrl);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

test('R6 a port is written as the manual prints it', () => {
  expect([80, 4300, 8080, 45_432].map(toManualPort)).toEqual(['80', '4.300', '8.080', '45.432']);
});

test('the seed makes two tenants, six agents, their configuration and keys', async () => {
  await seedDatabase(database.databaseUrl, secrets, 4300);
  const { rows } = await client.query(
    `select (select count(*) from wl_chamados_empresa)::int as tenants, (select count(*) from agents)::int as agents,
       (select cti_porta from empresas where empresa_id = 1) as demo, (select porta from configuracao_cti) as acme,
       (select count(*) from callback_tokens)::int as tokens, (select tenant from api_keys) as key_tenant`,
  );
  expect(rows).toEqual([
    { tenants: 2, agents: 6, demo: '4.300', acme: '4.300', tokens: 2, key_tenant: null },
  ]);
});

test('a second seed follows the simulator but keeps what a user changed', async () => {
  await client.query("update agents set ramal = '3599' where user_name = 'ana'");
  await client.query("update empresas set cti_usa_zero_ddd = 1, cti_caminho = 'my/path'");
  await client.query("update configuracao_cti set ip = 'pbx.example.com', porta = '5.060'");
  await seedDatabase(database.databaseUrl, secrets, 45_300);
  const { rows } = await client.query(
    `select cti_porta, cti_usa_zero_ddd, cti_caminho, c.ip, c.porta,
       (select ramal from agents where user_name = 'ana') as ramal from empresas, configuracao_cti c`,
  );
  expect(rows).toEqual([
    {
      cti_porta: '45.300',
      cti_usa_zero_ddd: 1,
      cti_caminho: 'my/path',
      ip: 'pbx.example.com',
      porta: '5.060',
      ramal: '3599',
    },
  ]);
});
