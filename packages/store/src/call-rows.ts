import type { CallEvent, CallView } from '@ramal/contracts';
import type { Queryable } from './connect-store.ts';
import { EventDataError } from './data-error.ts';
import { toInstant, toStartedAt } from './instant.ts';
import type { ErasureMarks } from './late-events.ts';

/**
 * A call as the function of all its events (I4); of some of them it is a call too, for they come in any split. `tenant` and
 * `startedAt` are the store's own knowledge.
 */
export type ReduceCall = (events: readonly CallEvent[]) => CallView;

export interface CallKey {
  /** In lower case. */
  callId: string;
  tenant: string;
  /** An instant, as `toStartedAt` makes it. */
  startedAt: string;
}

/** The columns that follow from a call's events, and their types, as `toCallRecord` fills them. */
const VIEW_COLUMNS = {
  direction: 'text',
  state: 'text',
  result: 'text',
  reason: 'text',
  ramal: 'text',
  user_name: 'text',
  peer: 'text',
  peer_digits: 'text',
  peer_e164: 'text',
  origin: 'text',
  destination: 'text',
  external_call_id: 'text',
  intent_id: 'text',
  matched_by: 'text',
  answered_at: 'timestamptz',
  ended_at: 'timestamptz',
  duration_sec: 'int',
  recording: 'text',
  context: 'jsonb',
} as const;
const VIEW_NAMES = Object.keys(VIEW_COLUMNS);
const RECORD = `r(started_at timestamptz, call_id uuid, tenant text, ${Object.entries(VIEW_COLUMNS)
  .map(([name, type]) => `${name} ${type}`)
  .join(', ')})`;

/**
 * Makes the rows of calls that have none yet, as their events in this batch have it: nobody else has stored any, for a
 * call's row is committed with its first event. One order for every writer: without it two would deadlock.
 * @returns the ids of the calls whose rows were made, which are locked from now on
 */
export async function insertCalls(
  transaction: Queryable,
  keys: readonly CallKey[],
  eventsOf: ReadonlyMap<string, readonly CallEvent[]>,
  reduce: ReduceCall,
): Promise<ReadonlySet<string>> {
  const records = keys.map((key) =>
    toCallRecord(key, reduceChecked(reduce, key.callId, eventsOf.get(key.callId) ?? [])),
  );
  const { rows } = await transaction.query<{ call_id: string }>(
    `insert into calls (started_at, call_id, tenant, ${VIEW_NAMES.join(', ')})
     select started_at, call_id, tenant, ${VIEW_NAMES.join(', ')}
       from jsonb_to_recordset($1::jsonb) as ${RECORD}
      order by call_id
     on conflict (started_at, call_id) do nothing
     returning call_id`,
    [JSON.stringify(records)],
  );
  return new Set(rows.map(({ call_id }) => call_id));
}

/**
 * Locks the rows of calls, all of which exist, in one order for every writer.
 * @returns by call id, the calls that somebody was erased from
 */
export async function lockCalls(
  transaction: Queryable,
  keys: readonly CallKey[],
): Promise<ReadonlyMap<string, ErasureMarks>> {
  if (keys.length === 0) return new Map();
  const { rows } = await transaction.query<{
    call_id: string;
    tenant: string;
    far_end: boolean;
    users: boolean;
  }>(
    `select call_id, tenant, far_end_erased_at is not null as far_end, user_erased_at is not null as users
       from calls
      where started_at = any($1::timestamptz[]) and call_id = any($2::uuid[])
      order by call_id
        for update`,
    toKeyColumns(keys),
  );
  const owners = new Map(rows.map((row) => [row.call_id, row.tenant]));
  for (const key of keys) {
    if (owners.get(key.callId) !== key.tenant) throw toMismatch(key.callId);
  }
  const startedAt = new Map(keys.map((key) => [key.callId, key.startedAt]));
  return new Map(
    rows
      .filter(({ far_end, users }) => far_end || users)
      .map(({ call_id, far_end, users }) => [
        call_id,
        {
          callId: call_id,
          startedAt: startedAt.get(call_id) ?? toStartedAt(call_id),
          farEndErased: far_end,
          userErased: users,
        },
      ]),
  );
}

/** A statement of its own after the lock, so that it sees the events of every writer that had the lock before. */
export async function rewriteCalls(
  transaction: Queryable,
  keys: readonly CallKey[],
  reduce: ReduceCall,
): Promise<number> {
  if (keys.length === 0) return 0;
  const { rows } = await transaction.query<{ call_id: string; event: CallEvent }>(
    `select call_id, event from call_events
      where started_at = any($1::timestamptz[]) and call_id = any($2::uuid[])
      order by at, event_id`,
    toKeyColumns(keys),
  );
  const eventsOf = new Map<string, CallEvent[]>();
  for (const row of rows) {
    const events = eventsOf.get(row.call_id);
    if (events === undefined) eventsOf.set(row.call_id, [row.event]);
    else events.push(row.event);
  }
  const records = keys.flatMap((key) => {
    const events = eventsOf.get(key.callId);
    return events === undefined ? [] : [toCallRecord(key, reduceChecked(reduce, key.callId, events))];
  });
  await deleteEmptyCalls(
    transaction,
    keys.filter((key) => !eventsOf.has(key.callId)),
  );
  return await updateCalls(transaction, keys, records);
}

/** An event id already taken by another call leaves its own call without any: such a call never was. */
async function deleteEmptyCalls(transaction: Queryable, keys: readonly CallKey[]): Promise<void> {
  if (keys.length === 0) return;
  await transaction.query(
    'delete from calls where started_at = any($1::timestamptz[]) and call_id = any($2::uuid[])',
    toKeyColumns(keys),
  );
}

async function updateCalls(
  transaction: Queryable,
  keys: readonly CallKey[],
  records: readonly object[],
): Promise<number> {
  const { rowCount } = await transaction.query(
    `update calls c
        set ${VIEW_NAMES.map((name) => `${name} = r.${name}`).join(', ')}, updated_at = now()
       from jsonb_to_recordset($1::jsonb) as ${RECORD}
      where c.started_at = r.started_at and c.call_id = r.call_id
        -- Known before the statement is planned, unlike r: only these months' partitions are opened.
        and c.started_at = any($2::timestamptz[])`,
    [JSON.stringify(records), keys.map((key) => key.startedAt)],
  );
  return rowCount;
}

function reduceChecked(reduce: ReduceCall, callId: string, events: readonly CallEvent[]): CallView {
  try {
    return reduce(events);
  } catch (error) {
    throw new EventDataError('reduce_failed', `the events of call ${callId} make no call`, error);
  }
}

function toCallRecord(key: CallKey, call: CallView): object {
  return {
    started_at: key.startedAt,
    call_id: key.callId,
    tenant: key.tenant,
    direction: call.direction,
    state: call.state,
    result: call.result,
    reason: call.reason,
    ramal: call.ramal,
    user_name: call.user,
    peer: call.peer.raw,
    peer_digits: call.peer.raw.replace(/\D/g, ''),
    peer_e164: call.peer.e164,
    origin: call.origin,
    destination: call.destination,
    external_call_id: call.externalCallId,
    intent_id: call.intentId,
    matched_by: call.matchedBy,
    answered_at: call.answeredAt === null ? null : toInstant(call.answeredAt),
    ended_at: call.endedAt === null ? null : toInstant(call.endedAt),
    duration_sec: call.durationSec,
    recording: call.recording,
    context: call.context,
  };
}

function toKeyColumns(keys: readonly CallKey[]): [string[], string[]] {
  return [keys.map((key) => key.startedAt), keys.map((key) => key.callId)];
}

/** What an event of a tenant is refused with that names another one's call (I6). */
export function toMismatch(callId: string): EventDataError {
  return new EventDataError('tenant_mismatch', `call ${callId} belongs to another tenant`);
}
