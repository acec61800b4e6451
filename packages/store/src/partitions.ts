import type { Queryable } from './connect-store.ts';

/**
 * Creates the monthly partitions (UTC) that are missing, from last month to `monthsAhead` months after this one.
 * @returns how many tables were made
 */
export async function ensurePartitions(
  store: Queryable,
  monthsAhead: number,
  nowMs: number,
): Promise<number> {
  const now = new Date(nowMs);
  const lastMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1));
  return await createMonths(store, lastMonth.toISOString(), monthsAhead + 2);
}

/** Creates the partitions that calls of these start times (RFC 3339, UTC) need. */
export async function ensurePartitionsOf(store: Queryable, startedAts: Iterable<string>): Promise<void> {
  const months = new Set(Array.from(startedAts, (startedAt) => `${startedAt.slice(0, 7)}-01`));
  for (const month of [...months].sort()) await createMonths(store, month, 1);
}

async function createMonths(store: Queryable, fromDay: string, months: number): Promise<number> {
  const { rows } = await store.query<{ created: number }>(
    'select ramal_ensure_partitions($1::date, $2::int) as created',
    [fromDay.slice(0, 10), months],
  );
  return rows[0]?.created ?? 0;
}
