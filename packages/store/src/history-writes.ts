import type { CallEvent, CallView } from '@ramal/contracts';
import { insertTraces, type StoredTrace, TracesRefusedError } from './call-traces.ts';
import { saveCheckpoint } from './checkpoints.ts';
import type { Queryable, Store } from './connect-store.ts';
import { EventDataError, isMissingPartition } from './data-error.ts';
import { type DeadLetter, insertDeadLetters } from './dead-letters.ts';
import { toInstant, toStartedAt } from './instant.ts';
import {
  type ErasureMarks,
  type EraseLate,
  NOBODY_ERASES,
  withoutErased,
  withoutExpired,
} from './late-events.ts';
import { ensurePartitionsOf } from './partitions.ts';

/** What one read of a partition's event stream becomes in the database. */
export interface HistoryBatch {
  partition: number;
  /** The stream id up to which everything is stored once this batch is; null leaves the checkpoint alone. */
  checkpointId: string | null;
  events: readonly { event: CallEvent }[];
  traces?: readonly StoredTrace[];
  deadLetters: readonly DeadLetter[];
}

/** A call as the function of all its events (I4). `tenant` and `startedAt` are the store's own knowledge. */
export type ReduceCall = (events: readonly CallEvent[]) => CallView;

/** How much of a batch was new; the rest had been stored before. */
export interface BatchCounts {
  events: number;
  /** Calls whose row was written. */
  calls: number;
  deadLetters: number;
  traces: number;
  /** Traces that were left out, because the database can't take them as it stands: they never hold up an event. */
  tracesDropped: number;
  /** Events and traces of calls that the tenant's retention has removed: they are not stored. */
  expired: number;
}

interface CallKey {
  callId: string;
  tenant: string;
  startedAt: string;
}

/**
 * Stores a batch in one transaction: all of it or nothing, and any number of times with the same result (I3).
 * Batches that touch the same call, also from other processes, take turns, so the row is always the function of
 * all its events (I4). Missing monthly partitions are made on the way.
 * What comes about a call that somebody was erased from goes through `erase` first; without it such a batch is refused.
 * Throws errors for which `isDataError` is true when an event of the batch can never be stored.
 */
export async function writeBatch(
  store: Store,
  batch: HistoryBatch,
  reduce: ReduceCall,
  erase: EraseLate = NOBODY_ERASES,
): Promise<BatchCounts> {
  try {
    return await writeWithPartitions(store, batch, reduce, erase);
  } catch (error) {
    if (!(error instanceof TracesRefusedError)) throw error;
    const counts = await writeWithPartitions(store, { ...batch, traces: [] }, reduce, erase);
    return { ...counts, tracesDropped: batch.traces?.length ?? 0 };
  }
}

async function writeWithPartitions(
  store: Store,
  batch: HistoryBatch,
  reduce: ReduceCall,
  erase: EraseLate,
): Promise<BatchCounts> {
  const write = () => store.withTransaction((transaction) => writeInside(transaction, batch, reduce, erase));
  try {
    return await write();
  } catch (error) {
    if (!isMissingPartition(error)) throw error;
    // Outside the batch's transaction, which the error has ended.
    const { kept } = await withoutExpired(store, batch);
    await ensurePartitionsOf(
      store,
      [...kept.events, ...kept.traces].map(({ callId }) => toStartedAt(callId)),
    );
    return await write();
  }
}

async function writeInside(
  transaction: Queryable,
  batch: HistoryBatch,
  reduce: ReduceCall,
  erase: EraseLate,
): Promise<BatchCounts> {
  const { kept, expired } = await withoutExpired(transaction, batch);
  const counts: BatchCounts = { events: 0, calls: 0, deadLetters: 0, traces: 0, tracesDropped: 0, expired };
  if (kept.events.length > 0) {
    const keys = toCallKeys(kept.events);
    const marks = await lockCalls(transaction, keys);
    const events = await withoutErased(transaction, kept.events, marks, erase);
    counts.events = await insertEvents(transaction, events);
    counts.calls = await rewriteCalls(transaction, keys, reduce);
  }
  counts.traces = await insertTraces(transaction, kept.traces);
  counts.deadLetters = await insertDeadLetters(transaction, batch.partition, batch.deadLetters);
  // Last, because writers of one partition wait for each other here.
  if (batch.checkpointId !== null) await saveCheckpoint(transaction, batch.partition, batch.checkpointId);
  return counts;
}

function toCallKeys(events: readonly CallEvent[]): CallKey[] {
  const keys = new Map<string, CallKey>();
  for (const event of events) {
    const callId = event.callId.toLowerCase();
    const known = keys.get(callId);
    if (known === undefined) {
      keys.set(callId, { callId, tenant: event.tenant, startedAt: toStartedAt(callId) });
    } else if (known.tenant !== event.tenant) throw toMismatch(callId);
  }
  return [...keys.values()];
}

/**
 * Makes the rows that are missing and locks all, in one order for every writer: without it two would deadlock.
 * @returns by call id, the calls that somebody was erased from
 */
async function lockCalls(
  transaction: Queryable,
  keys: readonly CallKey[],
): Promise<ReadonlyMap<string, ErasureMarks>> {
  await transaction.query(
    `insert into calls (started_at, call_id, tenant)
     select started_at, call_id, tenant
       from unnest($1::timestamptz[], $2::uuid[], $3::text[]) as t(started_at, call_id, tenant)
      order by call_id
     on conflict (started_at, call_id) do nothing`,
    [...toKeyColumns(keys), keys.map((key) => key.tenant)],
  );
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

async function insertEvents(transaction: Queryable, events: readonly CallEvent[]): Promise<number> {
  const records = events.map((event) => ({
    started_at: toStartedAt(event.callId),
    event_id: event.eventId,
    call_id: event.callId,
    tenant: event.tenant,
    type: event.type,
    at: toInstant(event.at),
    event,
  }));
  const { rowCount } = await transaction.query(
    `insert into call_events (started_at, event_id, call_id, tenant, type, at, event)
     select started_at, event_id, call_id, tenant, type, at, event
       from jsonb_to_recordset($1::jsonb) as t(
              started_at timestamptz, event_id uuid, call_id uuid, tenant text,
              type text, at timestamptz, event jsonb)
     on conflict (started_at, event_id) do nothing`,
    [JSON.stringify(records)],
  );
  return rowCount;
}

/** A statement of its own after the lock, so that it sees the events of every writer that had the lock before. */
export async function rewriteCalls(
  transaction: Queryable,
  keys: readonly CallKey[],
  reduce: ReduceCall,
): Promise<number> {
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
        set direction = r.direction, state = r.state, result = r.result, reason = r.reason,
            ramal = r.ramal, user_name = r.user_name, peer = r.peer, peer_digits = r.peer_digits,
            peer_e164 = r.peer_e164,
            origin = r.origin, destination = r.destination, external_call_id = r.external_call_id,
            intent_id = r.intent_id, matched_by = r.matched_by, answered_at = r.answered_at,
            ended_at = r.ended_at, duration_sec = r.duration_sec, recording = r.recording,
            context = r.context, updated_at = now()
       from jsonb_to_recordset($1::jsonb) as r(
              started_at timestamptz, call_id uuid, direction text, state text, result text, reason text,
              ramal text, user_name text, peer text, peer_digits text, peer_e164 text, origin text, destination text,
              external_call_id text, intent_id text, matched_by text, answered_at timestamptz,
              ended_at timestamptz, duration_sec int, recording text, context jsonb)
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

function toMismatch(callId: string): EventDataError {
  return new EventDataError('tenant_mismatch', `call ${callId} belongs to another tenant`);
}
