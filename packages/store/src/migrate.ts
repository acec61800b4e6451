import { fileURLToPath } from 'node:url';
import pg from 'pg';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

/** Ours alone, so that another program's migrations of the same database never wait for these. */
const LOCK_KEY = 7_261_864_241;

/**
 * Brings the database up to date; does nothing when it is. Processes that start together wait for the one that
 * got there first, for at most 5 minutes. Needs a direct connection: its lock does not work through a pooler in
 * transaction mode.
 * @returns the names of the migrations that ran
 */
export async function migrate(
  databaseUrl: string,
  log: (line: string) => void = () => {},
): Promise<string[]> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'ramal-migrate',
    connectionTimeoutMillis: 10_000,
    statement_timeout: 300_000,
    query_timeout: 310_000,
    keepAlive: true,
  });
  // Of those who could migrate few do, and it costs a tenth of a service's start.
  const { runner } = await import('node-pg-migrate');
  // A lost connection also rejects the running query; without a listener it would end the process first.
  client.on('error', (error) => log(`connection lost while migrating: ${error.message}`));
  await client.connect();
  try {
    const applied = await runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: 'up',
      migrationsTable: 'ramal_migrations',
      singleTransaction: true,
      advisoryLockMode: 'wait',
      lockValue: LOCK_KEY,
      log,
    });
    return applied.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}
