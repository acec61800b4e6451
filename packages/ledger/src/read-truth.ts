import type { CallEvent } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import type pg from 'pg';

/** A row of `calls`. */
interface StoredCall {
  callId: string;
  tenant: string;
  state: string;
  recording: string | null;
}

/** What PostgreSQL holds of a run's tenants: the truth about what was stored. */
export interface Truth {
  calls: StoredCall[];
  /** In the order of their `at`. */
  events: CallEvent[];
}

const CALLBACKS = ['call.incoming', 'call.answered', 'call.ended', 'call.recording'];
const QUIET_MS = 1500;
const PATIENCE_MS = 20_000;

/**
 * Waits until the history has stood still for a moment with at least `expected` callbacks in it, or has not moved for
 * much longer: then some are lost.
 */
export async function waitForHistory(
  pool: pg.Pool,
  tenants: readonly string[],
  expected: number,
  signal: AbortSignal,
): Promise<void> {
  let last = { callbacks: -1, events: -1 };
  let movedMs = performance.now();
  await sleepUntil(
    async () => {
      const now = await countEvents(pool, tenants);
      if (now.events !== last.events) movedMs = performance.now();
      last = now;
      const quietMs = performance.now() - movedMs;
      return quietMs > (now.callbacks >= expected ? QUIET_MS : PATIENCE_MS);
    },
    {
      timeoutMs: 600_000,
      signal,
      everyMs: 250,
      describe: () => `the history to stand still at ${last.events} events`,
    },
  );
}

async function countEvents(pool: pg.Pool, tenants: readonly string[]) {
  const { rows } = await pool.query<{ callbacks: number; events: number }>(
    `select count(*)::int as events, (count(*) filter (where type = any($2)))::int as callbacks
       from call_events where tenant = any($1)`,
    [tenants, CALLBACKS],
  );
  return rows[0] ?? { callbacks: 0, events: 0 };
}

export async function readTruth(pool: pg.Pool, tenants: readonly string[]): Promise<Truth> {
  const calls = await pool.query<StoredCall>(
    `select call_id as "callId", tenant, state, recording from calls where tenant = any($1)`,
    [tenants],
  );
  const events = await pool.query<{ event: CallEvent }>(
    'select event from call_events where tenant = any($1) order by at',
    [tenants],
  );
  return { calls: calls.rows, events: events.rows.map(({ event }) => event) };
}
