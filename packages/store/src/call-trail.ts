import type { CallEvent } from '@ramal/contracts';
import type { Queryable } from './connect-store.ts';
import { isCallId, toStartedAt } from './instant.ts';

/** All stored events of a tenant's call in the order they happened; empty when the tenant has no such call (I6). */
export async function listCallEvents(store: Queryable, tenant: string, callId: string): Promise<CallEvent[]> {
  const stored = await listStoredEvents(store, tenant, callId);
  return stored.map(({ event }) => event);
}

/** The same, each with when it was stored: epoch ms by the database's clock, null where nobody noted it. */
export async function listStoredEvents(
  store: Queryable,
  tenant: string,
  callId: string,
): Promise<{ event: CallEvent; storedAtMs: number | null }[]> {
  if (!isCallId(callId)) return [];
  const { rows } = await store.query<{ event: CallEvent; stored_at: Date | null }>(
    `select event, stored_at from call_events
      where started_at = $1 and call_id = $2 and tenant = $3
      order by at, event_id`,
    [toStartedAt(callId), callId, tenant],
  );
  return rows.map(({ event, stored_at }) => ({ event, storedAtMs: stored_at?.getTime() ?? null }));
}
