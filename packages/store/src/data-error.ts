import pg from 'pg';

/** The event says something that can never be stored, whatever the server does. */
export class EventDataError extends Error {
  readonly code: 'call_id_time_invalid' | 'time_invalid' | 'tenant_mismatch' | 'reduce_failed';

  constructor(code: EventDataError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'EventDataError';
    this.code = code;
  }
}

/** The five characters PostgreSQL names an error by, or null when the error is not PostgreSQL's. */
export function toSqlState(error: unknown): string | null {
  return error instanceof pg.DatabaseError ? (error.code ?? null) : null;
}

/** A row had no monthly partition to go to. A real check violation names its constraint; this one has none. */
export function isMissingPartition(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '23514' && error.constraint === undefined;
}

/**
 * True when the data is at fault, so that the same batch fails for ever and is to be split until the poison stands
 * alone: SQLSTATE 22 (data), 23 (integrity) and 54 (a value beyond a limit of PostgreSQL). False when the server,
 * the network or another writer is, so that the same batch is to be tried again.
 */
export function isDataError(error: unknown): boolean {
  if (error instanceof EventDataError) return true;
  const sqlClass = toSqlState(error)?.slice(0, 2);
  if (sqlClass === undefined || isMissingPartition(error)) return false;
  return sqlClass === '22' || sqlClass === '23' || sqlClass === '54';
}
