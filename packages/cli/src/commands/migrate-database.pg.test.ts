import { createEmptyDatabase, type TestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runRamal } from '../../test/run-ramal.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createEmptyDatabase();
});
afterAll(() => database.drop());

test('an empty database is migrated once and found up to date the next time', async () => {
  const argv = ['migrate', '--database-url', database.databaseUrl];
  const first = await runRamal(argv);
  expect(first.code).toBe(0);
  expect(first.stdout).toMatch(/^applied 0001_company-tables\n[\s\S]*up to date \(\d+ applied\)\n$/);
  expect(first.stderr).toMatch(/^database: .*\(from --database-url\)\n$/);
  expect((await runRamal(argv)).stdout).toBe('the database is up to date (0 applied)\n');
});
