import type { Queryable } from './connect-store.ts';
import { toStartedAt } from './instant.ts';

/** The tenants that have a call without an end in this database. */
export async function listTenantsWithOpenCalls(store: Queryable): Promise<string[]> {
  const { rows } = await store.query<{ tenant: string }>(
    `select distinct tenant from calls where ended_at is null`,
  );
  return rows.map(({ tenant }) => tenant);
}

export interface SilentCallsFilter {
  /** Of which tenants, and for how long nothing may have been written about a call, in ms. */
  silences: readonly { tenant: string; silentMs: number }[];
  /** Goes on behind this call; null begins with the oldest one. */
  afterCallId: string | null;
  limit: number;
}

/**
 * Calls without an end of which nothing was written for longer than their tenant allows, oldest first. What was
 * written late may be a word of long ago: whoever closes one looks at its events.
 */
export async function listSilentCalls(
  store: Queryable,
  { silences, afterCallId, limit }: SilentCallsFilter,
): Promise<{ tenant: string; callId: string }[]> {
  const { rows } = await store.query<{ tenant: string; callId: string }>(
    `select c.tenant, c.call_id as "callId"
       from calls c
       join unnest($1::text[], $2::float8[]) as t(tenant, silent_ms) using (tenant)
      where c.ended_at is null
        and c.updated_at < now() - t.silent_ms * interval '1 ms'
        and ($3::timestamptz is null or (c.started_at, c.call_id) > ($3::timestamptz, $4::uuid))
      order by c.started_at, c.call_id
      limit $5`,
    [
      silences.map(({ tenant }) => tenant),
      silences.map(({ silentMs }) => silentMs),
      afterCallId === null ? null : toStartedAt(afterCallId),
      afterCallId,
      limit,
    ],
  );
  return rows;
}
