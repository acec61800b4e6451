import { createTestDatabase } from '@ramal/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { hasCallbackToken, insertCallbackToken } from './callback-tokens.ts';
import { writeConfiguracaoCti } from './configuracao-cti-write.ts';
import { listUsersOnDefaultSenha } from './default-senha-users.ts';
import { hashSecret } from './hash-secret.ts';

let db: TestStore;
beforeEach(async () => {
  db = await openTestStore(await createTestDatabase());
});
afterEach(() => db.drop());

const ROW = {
  autenticacao: 1,
  tipo: 10,
  protocolo: 'https',
  ip: 'pbx.example',
  porta: '8.080',
  usa_linha: 0,
};

async function stored(empresaId: number): Promise<Record<string, unknown>[]> {
  return (await db.store.query('select * from configuracao_cti where empresa_id = $1', [empresaId])).rows;
}

test('R30 a row is inserted once, and the same row again changes nothing', async () => {
  expect(await writeConfiguracaoCti(db.store, 1, ROW, { replace: false })).toEqual({
    outcome: 'inserted',
    before: null,
  });
  expect(await stored(1)).toEqual([expect.objectContaining({ empresa_id: 1, ...ROW, caminho: null })]);
  expect(await writeConfiguracaoCti(db.store, 1, ROW, { replace: false })).toMatchObject({
    outcome: 'unchanged',
  });
});

test('R30 another row is refused, then replaced on demand, and foreign columns keep their values', async () => {
  await db.store.query('alter table configuracao_cti add column nota varchar');
  await db.store.query(
    `insert into configuracao_cti (empresa_id, ip, nota) values (1, 'old', 'keep'), (2, 'x', '')`,
  );
  const refused = await writeConfiguracaoCti(db.store, 1, ROW, { replace: false });
  expect(refused).toMatchObject({ outcome: 'refused', before: { ip: 'old' } });
  expect(await stored(1)).toMatchObject([{ ip: 'old' }]);
  const replaced = await writeConfiguracaoCti(db.store, 1, ROW, { replace: true });
  expect(replaced).toMatchObject({ outcome: 'replaced', before: { ip: 'old' } });
  expect(await stored(1)).toMatchObject([{ ...ROW, nota: 'keep' }]);
  expect(await stored(2)).toMatchObject([{ ip: 'x' }]);
});

test('R30 of two writers at the same moment one inserts and the other is refused, without any key', async () => {
  await db.store.query('alter table configuracao_cti drop constraint configuracao_cti_pkey');
  const outcomes = await Promise.all([
    writeConfiguracaoCti(db.store, 1, ROW, { replace: false }),
    writeConfiguracaoCti(db.store, 1, { ...ROW, ip: 'other.example' }, { replace: false }),
  ]);
  expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(['inserted', 'refused']);
  expect(await stored(1)).toHaveLength(1);
});

test('R13 a table without one of the columns refuses the row and stays as it was', async () => {
  await db.store.query('alter table configuracao_cti drop column caminho');
  await expect(writeConfiguracaoCti(db.store, 1, ROW, { replace: false })).rejects.toMatchObject({
    code: '42703',
  });
  expect(await stored(1)).toEqual([]);
});

test('R42 only active users of the tenant without a senha of their own stand on senha_padrao', async () => {
  await db.store.query(
    `insert into wl_chamados_empresa (empresa_id, tenant, senha_padrao) values (1, 'a', 'p'), (2, 'b', '')`,
  );
  await db.store.query(
    `insert into agents (tenant, user_name, senha, active)
     values ('a', 'own', 's', true), ('a', 'none', null, true), ('a', 'blank', '', true),
            ('a', 'gone', null, false), ('b', 'none', null, true)`,
  );
  expect(await listUsersOnDefaultSenha(db.store, 'a')).toEqual(['blank', 'none']);
  expect(await listUsersOnDefaultSenha(db.store, 'b')).toEqual([]);
});

test('a revoked token and another tenant’s are none', async () => {
  await insertCallbackToken(db.store, { tokenHash: hashSecret('t'), tenant: 'a' });
  expect(await hasCallbackToken(db.store, 'a')).toBe(true);
  expect(await hasCallbackToken(db.store, 'b')).toBe(false);
  await db.store.query('update callback_tokens set revoked_at = now()');
  expect(await hasCallbackToken(db.store, 'a')).toBe(false);
});
