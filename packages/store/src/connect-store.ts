import pg from 'pg';

export interface Queryable {
  /** Runs one statement. Throws the server's `DatabaseError`, or a plain error when the server gave no answer. */
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number }>;
}

/** One PostgreSQL database behind a pool of connections. */
export interface Store extends Queryable {
  /** Commits what `work` did, or rolls all of it back when it throws. A failed commit may have happened. */
  withTransaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T>;
  /** Waits for running work for a bounded time, then cuts its connections. */
  close(): Promise<void>;
}

export interface StoreTimeouts {
  /** Opening a connection or waiting for a free one. */
  connectMs: number;
  statementMs: number;
  lockMs: number;
  idleInTransactionMs: number;
  /** The client's own patience, for when the network is dead; above `statementMs`. */
  queryMs: number;
  closeMs: number;
}

export interface StoreOptions {
  databaseUrl: string;
  /** Default 10. */
  maxConnections?: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Told when an idle connection dies; the pool has already replaced it. */
  onPoolError: (error: Error) => void;
  timeouts?: Partial<StoreTimeouts>;
}

const DEFAULT_TIMEOUTS: StoreTimeouts = {
  connectMs: 5_000,
  statementMs: 10_000,
  lockMs: 5_000,
  idleInTransactionMs: 15_000,
  queryMs: 12_000,
  closeMs: 5_000,
};

/** A connection while one piece of work has it. */
interface Lease extends Queryable {
  /** True once it must not go back to the pool: the server owes it an answer, or it is gone. */
  broken: boolean;
}

/** Opens a pool; connections are made when they are first needed, so this succeeds with the server down. */
export function connectStore(options: StoreOptions): Store {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const pool = new pg.Pool({
    connectionString: options.databaseUrl,
    max: options.maxConnections ?? 10,
    application_name: options.applicationName,
    connectionTimeoutMillis: timeouts.connectMs,
    statement_timeout: timeouts.statementMs,
    lock_timeout: timeouts.lockMs,
    idle_in_transaction_session_timeout: timeouts.idleInTransactionMs,
    query_timeout: timeouts.queryMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  pool.on('error', options.onPoolError);
  const leased = new Set<pg.PoolClient>();
  let closing: Promise<void> | undefined;

  async function withLease<T>(work: (lease: Lease) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    const lease = toLease(client);
    // The pool listens only to idle clients: without this a lost connection would end the process.
    const onError = () => {
      lease.broken = true;
    };
    client.on('error', onError);
    leased.add(client);
    try {
      return await work(lease);
    } finally {
      leased.delete(client);
      client.release(lease.broken);
      client.removeListener('error', onError);
    }
  }

  async function close(): Promise<void> {
    const cut = setTimeout(() => {
      for (const client of leased) (client as unknown as pg.Client).end().catch(options.onPoolError);
    }, timeouts.closeMs);
    await pool.end().finally(() => clearTimeout(cut));
  }

  return {
    query: (text, values) => withLease((lease) => lease.query(text, values)),
    withTransaction: (work) => withLease((lease) => runTransaction(lease, work)),
    close: () => (closing ??= close()),
  };
}

function toLease(client: pg.PoolClient): Lease {
  const lease: Lease = {
    broken: false,
    async query<Row extends object>(text: string, values: readonly unknown[] = []) {
      try {
        const result = await client.query<Row>(text, [...values]);
        return { rows: result.rows, rowCount: result.rowCount ?? 0 };
      } catch (error) {
        // No answer from the server (query_timeout, lost connection): a late one would be taken for the next query's.
        if (!(error instanceof pg.DatabaseError)) lease.broken = true;
        throw error;
      }
    },
  };
  return lease;
}

async function runTransaction<T>(lease: Lease, work: (transaction: Queryable) => Promise<T>): Promise<T> {
  // Spelled out, because writers rely on each statement seeing what was committed before it.
  await lease.query('begin isolation level read committed');
  try {
    const result = await work(lease);
    await lease.query('commit');
    return result;
  } catch (error) {
    if (!lease.broken) {
      await lease.query('rollback').catch(() => {
        lease.broken = true;
      });
    }
    throw error;
  }
}
