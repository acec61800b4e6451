import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createEmptyDatabase, type TestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../dist/migrate-main.js', import.meta.url));

function run(
  args: readonly string[],
  databaseUrl: string | undefined,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { DATABASE_URL: _, ...env } = process.env;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [PROGRAM, ...args],
      { env: { ...env, ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createEmptyDatabase();
});
afterAll(() => database.drop());

test('a deployment migrates an empty database once and finds it up to date the next time', async () => {
  const first = await run([], database.databaseUrl);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(
    /^applied 0001_company-tables\napplied 0002_[\s\S]*up to date \(\d+ applied\)\n$/,
  );
  const second = await run([], database.databaseUrl);
  expect(second).toEqual({ code: 0, stdout: 'the database is up to date (0 applied)\n', stderr: '' });
});

test('a wrong call says how it is done and touches nothing', async () => {
  const [help, ...wrong] = await Promise.all([
    run(['--help'], undefined),
    run([], undefined),
    run(['--down'], database.databaseUrl),
    run([], 'mysql://127.0.0.1/ramal'),
  ]);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const result of wrong) expect(result).toMatchObject({ code: 2, stdout: '' });
});

test('a database that is not there ends it with one line that never holds the password', async () => {
  const { code, stdout, stderr } = await run([], 'postgres://ramal:canary-secret@127.0.0.1:1/ramal');
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^migrate: .*ECONNREFUSED.*\n$/);
  expect(stderr).not.toContain('canary-secret');
});
