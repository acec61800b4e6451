import type { CallEvent } from '@ramal/contracts';
import type { Queryable, Store } from './connect-store.ts';
import { type ReduceCall, rewriteCalls } from './call-rows.ts';
import { toStartedAt } from './instant.ts';

/** By what calls of a person are looked for, more of them rather than fewer: whoever asks looks at each. */
export type PersonHint =
  /** The last eight digits of a number, or all where it has fewer. */
  | { digits: string }
  /** A far end's name, or a user's. */
  | { text: string };

/** Where a search goes on: behind this call, towards older ones. */
export interface SearchPlace {
  startedAt: string;
  callId: string;
}

/** A call that may speak of the person, with all that is stored of it. */
export interface FoundCall {
  callId: string;
  events: CallEvent[];
}

/** `looked`: calls of the tenant that were looked at; null as `next`: there are no more. */
export interface SearchPage {
  found: FoundCall[];
  looked: number;
  next: SearchPlace | null;
}

/**
 * Searches a tenant's calls, newest first, some at a time. Events are what is searched: the row is a function of them.
 * No index helps against all spellings of a number, so that each call is looked at once.
 */
export async function searchCalls(
  store: Queryable,
  tenant: string,
  hint: PersonHint,
  { after, limit }: { after: SearchPlace | null; limit: number },
): Promise<SearchPage> {
  const page = await store.query<{ started_at: string; call_id: string }>(
    `select started_at::text as started_at, call_id from calls
      where tenant = $1
        and ($2::timestamptz is null or (started_at, call_id) < ($2::timestamptz, $3::uuid))
      order by started_at desc, call_id desc limit $4`,
    [tenant, after?.startedAt ?? null, after?.callId ?? null, limit],
  );
  const last = page.rows.at(-1);
  if (last === undefined) return { found: [], looked: 0, next: null };
  const { rows } = await store.query<{ call_id: string; events: CallEvent[] }>(
    `select call_id, jsonb_agg(event order by at, event_id) as events from call_events
      where started_at = any($1::timestamptz[]) and call_id = any($2::uuid[]) and tenant = $3
      group by call_id
     having ${
       'digits' in hint
         ? `string_agg(regexp_replace(event::text, '\\D', '', 'g'), ' ') like '%' || $4 || '%'`
         : `position(lower(to_jsonb($4::text)::text) in lower(string_agg(event::text, ' '))) > 0`
     }`,
    [
      page.rows.map(({ started_at }) => started_at),
      page.rows.map(({ call_id }) => call_id),
      tenant,
      'digits' in hint ? hint.digits : hint.text,
    ],
  );
  return {
    found: rows.map(({ call_id, events }) => ({ callId: call_id, events })),
    looked: page.rows.length,
    next: page.rows.length < limit ? null : { startedAt: last.started_at, callId: last.call_id },
  };
}

/** What an erasure does to one call. */
export interface CallErasure {
  /** The events without the person: as many, of the same ids and times. */
  events(events: readonly CallEvent[]): CallEvent[];
  /** The data of a step of the flight recorder without the person. */
  traceData(data: Record<string, unknown>): Record<string, unknown>;
  farEnd: boolean;
  user: boolean;
}

/**
 * Erases a person from one stored call, in one transaction: its events, its steps, and its row, which is made anew of the
 * events. The call is marked, so that what is stored of it later is erased too. Returns how many events changed.
 */
export function eraseStoredCall(
  store: Store,
  tenant: string,
  callId: string,
  erasure: CallErasure,
  reduce: ReduceCall,
): Promise<number> {
  const startedAt = toStartedAt(callId);
  return store.withTransaction(async (transaction) => {
    const { rowCount } = await transaction.query(
      `update calls
          set far_end_erased_at = case when $4 then coalesce(far_end_erased_at, now()) else far_end_erased_at end,
              user_erased_at = case when $5 then coalesce(user_erased_at, now()) else user_erased_at end
        where started_at = $1::timestamptz and call_id = $2 and tenant = $3`,
      [startedAt, callId, tenant, erasure.farEnd, erasure.user],
    );
    if (rowCount === 0) return 0;
    const { rows } = await transaction.query<{ event: CallEvent }>(
      `select event from call_events
        where started_at = $1::timestamptz and call_id = $2 and tenant = $3 order by at, event_id`,
      [startedAt, callId, tenant],
    );
    const before = rows.map(({ event }) => event);
    const changed = erasure.events(before).filter((event, i) => event !== before[i]);
    await transaction.query(
      `update call_events e set event = r.event
         from (select value as event from jsonb_array_elements($2::jsonb)) r
        where e.started_at = $1::timestamptz and e.event_id = (r.event ->> 'eventId')::uuid and e.tenant = $3`,
      [startedAt, JSON.stringify(changed), tenant],
    );
    await eraseTraces(transaction, tenant, { startedAt, callId }, erasure);
    await rewriteCalls(transaction, [{ callId, tenant, startedAt }], reduce);
    return changed.length;
  });
}

async function eraseTraces(
  transaction: Queryable,
  tenant: string,
  { startedAt, callId }: SearchPlace,
  erasure: CallErasure,
): Promise<void> {
  const { rows } = await transaction.query<{ trace_id: string; data: Record<string, unknown> }>(
    'select trace_id, data from call_traces where started_at = $1::timestamptz and call_id = $2 and tenant = $3',
    [startedAt, callId, tenant],
  );
  const changed = rows
    .map(({ trace_id, data }) => ({ trace_id, before: data, data: erasure.traceData(data) }))
    .filter(({ before, data }) => JSON.stringify(before) !== JSON.stringify(data));
  if (changed.length === 0) return;
  await transaction.query(
    `update call_traces t set data = r.data
       from jsonb_to_recordset($2::jsonb) as r(trace_id uuid, data jsonb)
      where t.started_at = $1::timestamptz and t.call_id = $4 and t.trace_id = r.trace_id and t.tenant = $3`,
    [startedAt, JSON.stringify(changed), tenant, callId],
  );
}
