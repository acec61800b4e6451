import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { findAgent, findAgentCredentials, listAgents } from './agents.ts';

let db: TestStore;
beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
  await db.store.query(
    `insert into wl_chamados_empresa (empresa_id, tenant, senha_padrao)
     values (1, 'acme', 'padrao'), (2, 'o''x"%_', ''), (3, '%', 'not-yours')`,
  );
  await db.store.query(
    `insert into agents (tenant, user_name, display_name, ramal, agente, senha, token, active) values
       ('acme', 'ana', 'Ana', '3501', 'ag1', 'own', 'tok', true),
       ('acme', 'bia', null, null, 'ag2', '', '', true),
       ('acme', 'caio', null, '3503', 'ag3', null, null, false),
       ('o''x"%_', '%''_', null, '3501', 'ag4', null, null, true)`,
  );
});
afterAll(() => db.drop());

test("a tenant's users are listed with nothing secret", async () => {
  expect(await listAgents(db.store, 'acme')).toEqual([
    { user: 'ana', displayName: 'Ana', ramal: '3501', active: true },
    { user: 'bia', displayName: null, ramal: null, active: true },
    { user: 'caio', displayName: null, ramal: '3503', active: false },
  ]);
  expect(await findAgent(db.store, 'acme', 'ana')).toEqual((await listAgents(db.store, 'acme'))[0]);
  expect(await findAgent(db.store, 'acme', 'nobody')).toBeNull();
});

test("R31 the credentials are the user's own; what is empty is missing", async () => {
  expect(await findAgentCredentials(db.store, null, 'acme', 'ana')).toEqual({
    ramal: '3501',
    agente: 'ag1',
    senha: 'own',
    token: 'tok',
  });
  expect(await findAgentCredentials(db.store, null, 'acme', 'bia')).toEqual({
    ramal: null,
    agente: 'ag2',
    senha: null,
    token: null,
  });
});

test('R31 an empty senha_padrao is no senha, and an inactive user has no credentials', async () => {
  expect(await findAgentCredentials(db.store, null, 'acme', 'caio')).toBeNull();
  expect(await findAgentCredentials(db.store, null, `o'x"%_`, `%'_`)).toEqual({
    ramal: '3501',
    agente: 'ag4',
    senha: null,
    token: null,
  });
});

test('I6 names with quotes, % and _ match themselves alone', async () => {
  expect(await listAgents(db.store, `o'x"%_`)).toHaveLength(1);
  expect(await listAgents(db.store, '%')).toEqual([]);
  expect(await findAgent(db.store, 'acme', '%')).toBeNull();
  expect(await findAgent(db.store, 'acme', `' or '1'='1`)).toBeNull();
});
