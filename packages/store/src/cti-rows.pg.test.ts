import { createTestDatabase } from '@ramal/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { readCtiRows } from './cti-rows.ts';

let db: TestStore;
beforeEach(async () => {
  db = await openTestStore(await createTestDatabase());
});
afterEach(() => db.drop());

test('R1-R28 both rows and our settings come as they lie in the database', async () => {
  await db.store.query(
    `insert into configuracao_cti (empresa_id, tipo, porta, usa_linha, numero_linha) values (1, 10, '8.080', 1, '0')`,
  );
  await db.store.query(`insert into empresas (empresa_id, usa_cti, cti_porta) values (1, 1, '8.080')`);
  await db.store.query(`insert into cti_settings values (1, '{"ramal_max_digits": 4}')`);
  const rows = await readCtiRows(db.store, 1);
  expect(rows.configuracaoCti).toMatchObject({ tipo: 10, porta: '8.080', usa_linha: 1, numero_linha: '0' });
  expect(rows.empresas).toMatchObject({ usa_cti: 1, cti_porta: '8.080', cti_ip: null });
  expect(rows.settings).toEqual({ ramal_max_digits: 4 });
});

test('R13 a company without rows is not configured', async () => {
  expect(await readCtiRows(db.store, 2)).toEqual({ configuracaoCti: null, empresas: null, settings: null });
});

test('R13 missing columns are absent, never a crash', async () => {
  await db.store.query('alter table empresas drop column usa_cti, drop column cti_usa_linha');
  await db.store.query(`insert into empresas (empresa_id, cti_ip) values (1, '10.0.0.1')`);
  const { empresas } = await readCtiRows(db.store, 1);
  expect(empresas).toMatchObject({ cti_ip: '10.0.0.1' });
  expect(empresas).not.toHaveProperty('usa_cti');
});

test('R13 missing tables, or one without empresa_id, mean not configured', async () => {
  await db.store.query('drop table configuracao_cti, cti_settings');
  await db.store.query('alter table empresas drop column empresa_id');
  expect(await readCtiRows(db.store, 1)).toEqual({ configuracaoCti: null, empresas: null, settings: null });
});
