import { randomBytes } from 'node:crypto';
import { runStatement } from './servers/postgres-probe.ts';

export interface TestDatabase {
  databaseUrl: string;
  /** Removes the database, ending whatever is still connected to it. */
  drop(): Promise<void>;
}

/** Name of a database with the schema on the server of `DATABASE_URL`; test/harness/migrated-template.ts makes it. */
const TEMPLATE_VARIABLE = 'RAMAL_TEST_DATABASE_TEMPLATE';

/**
 * Makes a database of its own for a test file on the server of `DATABASE_URL` (the vitest global setup provides one). Where the run
 * has a template the schema is there already, and `migrate` finds nothing to do; on another server the database is empty.
 */
export function createTestDatabase(serverUrl = process.env['DATABASE_URL']): Promise<TestDatabase> {
  const isOfRun = serverUrl === process.env['DATABASE_URL'];
  return create(serverUrl, isOfRun ? process.env[TEMPLATE_VARIABLE] : undefined);
}

/** An empty one, for tests of what makes the schema. */
export function createEmptyDatabase(serverUrl = process.env['DATABASE_URL']): Promise<TestDatabase> {
  return create(serverUrl, undefined);
}

/** From now on this process, and those it starts, make test databases as copies of this one, to which nobody may be connected. */
export function useDatabaseTemplate({ databaseUrl }: TestDatabase): void {
  process.env[TEMPLATE_VARIABLE] = new URL(databaseUrl).pathname.slice(1);
}

async function create(serverUrl: string | undefined, template: string | undefined): Promise<TestDatabase> {
  if (serverUrl === undefined || serverUrl === '') {
    throw new Error(
      'DATABASE_URL is not set: run the tests through vitest.config.ts, which starts a PostgreSQL',
    );
  }
  const name = `test_${randomBytes(8).toString('hex')}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const copied = template === undefined ? '' : ` template ${template}`;
  await runStatement(serverUrl, `create database ${name}${copied}`, 30_000);
  return {
    databaseUrl: url.href,
    drop: () => runStatement(serverUrl, `drop database if exists ${name} with (force)`, 30_000),
  };
}
