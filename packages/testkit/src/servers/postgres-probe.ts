import pg from 'pg';

/** Runs one statement over a connection of its own; throws why not, at the latest after `timeoutMs`. */
export async function runStatement(url: string, statement: string, timeoutMs = 5000): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  client.on('error', () => undefined); // the pending promise tells the same
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Resolves when the server at `url` takes queries. */
export async function pingPostgres(url: string, timeoutMs = 3000): Promise<void> {
  await runStatement(url, 'select 1', timeoutMs);
}
