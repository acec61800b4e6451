import pg from 'pg';
import { expect, test } from 'vitest';
import { createTestDatabase } from './test-database.ts';

test('each test database is empty, its own, and gone after drop even with a client connected', async () => {
  const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  expect(one.databaseUrl).not.toBe(two.databaseUrl);
  const client = new pg.Client(one.databaseUrl);
  client.on('error', () => undefined);
  await client.connect();
  await client.query('create table mine (id int)');
  await one.drop();
  await expect(new pg.Client(one.databaseUrl).connect()).rejects.toThrow('does not exist');
  await two.drop();
});
