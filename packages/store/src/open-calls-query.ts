import type { Queryable } from './connect-store.ts';
import { toStartedAt } from './instant.ts';

export interface OpenCallsPage {
  /** Leaves out calls that began less than so long ago, in ms. */
  olderThanMs: number;
  /** Goes on behind this call; null begins with the oldest one. */
  afterCallId: string | null;
  limit: number;
}

export interface StoredOpenCall {
  tenant: string;
  callId: string;
  /** For how long nothing has been written about it, in ms. */
  silentMs: number;
}

/**
 * Calls without an end in this database, oldest first: what is read is a page of a small index, however many calls there are,
 * of however many tenants. What was written late may be a word of long ago: whoever closes one looks at its events.
 */
export async function listOpenCalls(
  store: Queryable,
  { olderThanMs, afterCallId, limit }: OpenCallsPage,
): Promise<StoredOpenCall[]> {
  const { rows } = await store.query<StoredOpenCall>(
    `select tenant, call_id as "callId", extract(epoch from now() - updated_at)::float8 * 1000 as "silentMs"
       from calls
      where ended_at is null
        and started_at < now() - $1::float8 * interval '1 ms'
        and ($2::timestamptz is null or (started_at, call_id) > ($2::timestamptz, $3::uuid))
      order by started_at, call_id
      limit $4`,
    [olderThanMs, afterCallId === null ? null : toStartedAt(afterCallId), afterCallId, limit],
  );
  return rows;
}
