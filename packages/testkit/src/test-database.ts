import { randomBytes } from 'node:crypto';
import { runStatement } from './servers/postgres-probe.ts';

export interface TestDatabase {
  databaseUrl: string;
  /** Removes the database, ending whatever is still connected to it. */
  drop(): Promise<void>;
}

/**
 * Makes an empty database of its own for a test file on the server of `DATABASE_URL`
 * (the vitest global setup provides one).
 */
export async function createTestDatabase(serverUrl = process.env['DATABASE_URL']): Promise<TestDatabase> {
  if (serverUrl === undefined || serverUrl === '') {
    throw new Error(
      'DATABASE_URL is not set: run the tests through vitest.config.ts, which starts a PostgreSQL',
    );
  }
  const name = `test_${randomBytes(8).toString('hex')}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await runStatement(serverUrl, `create database ${name}`, 30_000);
  return {
    databaseUrl: url.href,
    drop: () => runStatement(serverUrl, `drop database if exists ${name} with (force)`, 30_000),
  };
}
