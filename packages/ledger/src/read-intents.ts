import { sleepUntil } from '@ramal/testkit';
import type pg from 'pg';
import { FINAL_STATES, type FinalState } from './dial-book.ts';
import type { StoredIntent } from './judge-intents.ts';

const ENDS: readonly string[] = [...FINAL_STATES, 'dial.canceled'];
const PATIENCE_MS = 20_000;

/** Waits until as many final states are stored as are expected, or none has come for long: then some are lost. */
export async function waitForEnds(
  pool: pg.Pool,
  tenants: readonly string[],
  expected: number,
  signal: AbortSignal,
): Promise<void> {
  let last = -1;
  let movedMs = performance.now();
  await sleepUntil(
    async () => {
      const { rows } = await pool.query<{ ends: number }>(
        'select count(*)::int as ends from call_events where tenant = any($1) and type = any($2)',
        [tenants, ENDS],
      );
      const ends = rows[0]?.ends ?? 0;
      if (ends !== last) movedMs = performance.now();
      last = ends;
      return ends >= expected || performance.now() - movedMs > PATIENCE_MS;
    },
    {
      timeoutMs: 300_000,
      signal,
      everyMs: 250,
      describe: () => `the history to stand still at ${last} final states`,
    },
  );
}

/** What is stored of each click, by intentId. */
export async function readIntents(
  pool: pg.Pool,
  tenants: readonly string[],
): Promise<Map<string, StoredIntent>> {
  const { rows } = await pool.query<{ type: string; intentId: string; at: number }>(
    `select type, event->>'intentId' as "intentId", (event->>'at')::float8 as at
       from call_events where tenant = any($1) and type = any($2)`,
    [tenants, ['call.requested', ...ENDS]],
  );
  const intents = new Map<string, StoredIntent>();
  for (const { type, intentId, at } of rows) {
    if (type === 'call.requested') intents.set(intentId, { requestedMs: at, ends: [] });
  }
  for (const { type, intentId, at } of rows) {
    if (type !== 'call.requested') intents.get(intentId)?.ends.push({ state: type as FinalState, atMs: at });
  }
  return intents;
}
