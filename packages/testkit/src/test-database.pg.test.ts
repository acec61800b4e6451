import pg from 'pg';
import { expect, test } from 'vitest';
import { createEmptyDatabase, createTestDatabase } from './test-database.ts';

test('each test database is empty, its own, and gone after drop even with a client connected', async () => {
  const [one, two] = await Promise.all([createEmptyDatabase(), createEmptyDatabase()]);
  expect(one.databaseUrl).not.toBe(two.databaseUrl);
  const client = new pg.Client(one.databaseUrl);
  client.on('error', () => undefined);
  await client.connect();
  await client.query('create table mine (id int)');
  await one.drop();
  await expect(new pg.Client(one.databaseUrl).connect()).rejects.toThrow('does not exist');
  await two.drop();
});

test('a test database has the schema, and what one writes no other sees', async () => {
  const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  const ask = async (url: string, sql: string) => {
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<{ n: number }>(sql);
    await client.end();
    return rows[0]?.n;
  };
  await ask(one.databaseUrl, 'insert into empresas (empresa_id, usa_cti) values (1, 1)');
  const count = 'select count(*)::int as n from empresas';
  expect([await ask(one.databaseUrl, count), await ask(two.databaseUrl, count)]).toEqual([1, 0]);
  await Promise.all([one.drop(), two.drop()]);
});
