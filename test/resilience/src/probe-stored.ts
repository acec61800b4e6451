import { sleepUntil } from '@ramal/testkit';
import type { FaultMoment } from './fault.ts';
import { readMetric } from './read-metric.ts';

const WITHIN_MS = 120_000;
const EVERY_MS = 50;

/**
 * How long it takes from now until a callback that is sent from now on is in PostgreSQL, in ms: events flow from end to end.
 * Sends some of its own, one after the other: a CTI that was refused just now would wait before it tries again.
 */
export async function timeUntilFlowing({ system, crowd, signal }: FaultMoment): Promise<number> {
  const startedMs = performance.now();
  const told: string[] = [];
  await sleepUntil(
    async () => {
      const id = await crowd.probe();
      if (id !== null) told.push(id);
      const found = await system.pool.query('select 1 from calls where external_call_id = any($1) limit 1', [
        told,
      ]);
      return found.rowCount === 1;
    },
    { signal, timeoutMs: WITHIN_MS, everyMs: EVERY_MS, describe: 'events to be stored again' },
  );
  return performance.now() - startedMs;
}

/** How long it takes from now until history stores anything again, in ms. */
export async function timeUntilConsuming({ system, signal }: FaultMoment): Promise<number> {
  const startedMs = performance.now();
  const { rows } = await system.pool.query<{ now: string }>('select now()::text as now');
  await sleepUntil(
    async () => {
      const moved = await system.pool.query(
        'select 1 from stream_checkpoints where updated_at > $1::timestamptz limit 1',
        [rows[0]?.now],
      );
      return moved.rowCount === 1;
    },
    { signal, timeoutMs: WITHIN_MS, everyMs: EVERY_MS, describe: 'history to store something' },
  );
  return performance.now() - startedMs;
}

/** How long it takes from now until what was acknowledged last before is in PostgreSQL, in ms. */
export async function timeUntilStored(
  { system, signal }: FaultMoment,
  externalCallIds: readonly string[],
): Promise<number> {
  const startedMs = performance.now();
  await sleepUntil(
    async () => {
      const { rows } = await system.pool.query<{ n: number }>(
        'select count(distinct external_call_id)::int as n from calls where external_call_id = any($1)',
        [externalCallIds],
      );
      return rows[0]?.n === externalCallIds.length;
    },
    {
      signal,
      timeoutMs: WITHIN_MS,
      everyMs: EVERY_MS,
      describe: `${externalCallIds.length} callbacks to be stored`,
    },
  );
  return performance.now() - startedMs;
}

/** Older than this a callback in a journal is one of the outage, and not one that a busy machine was slow with. */
const OF_THE_OUTAGE_SEC = 1;

/** How long it takes from now until Redis was told all that webhooks took while it was away, in ms. */
export async function timeUntilCaughtUp({ system, signal }: FaultMoment): Promise<number> {
  const startedMs = performance.now();
  await sleepUntil(
    async () => {
      const oldest = await Promise.all(
        (['webhook', 'webhook-2'] as const).map((name) =>
          readMetric(system.stack, name, 'ramal_webhook_journal_oldest_seconds'),
        ),
      );
      return oldest.every((seconds) => (seconds ?? Number.POSITIVE_INFINITY) < OF_THE_OUTAGE_SEC);
    },
    { signal, timeoutMs: WITHIN_MS, everyMs: EVERY_MS, describe: 'Redis to be told of what came meanwhile' },
  );
  return performance.now() - startedMs;
}
