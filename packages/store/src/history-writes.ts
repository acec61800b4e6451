import type { CallEvent } from '@ramal/contracts';
import {
  type CallKey,
  insertCalls,
  lockCalls,
  type ReduceCall,
  rewriteCalls,
  toMismatch,
} from './call-rows.ts';
import { insertTraces, type StoredTrace, TracesRefusedError } from './call-traces.ts';
import { saveCheckpoint } from './checkpoints.ts';
import type { Queryable, Store } from './connect-store.ts';
import { isMissingPartition } from './data-error.ts';
import { type DeadLetter, insertDeadLetters } from './dead-letters.ts';
import { toInstant, toStartedAt } from './instant.ts';
import { type EraseLate, NOBODY_ERASES, withoutErased, withoutExpired } from './late-events.ts';
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
    const made = await insertCalls(transaction, keys, groupByCall(kept.events), reduce);
    const known = keys.filter(({ callId }) => !made.has(callId));
    const marks = await lockCalls(transaction, known);
    const events = await withoutErased(transaction, kept.events, marks, erase);
    counts.events = await insertEvents(transaction, events);
    // Rows just made are right already, unless one of their events was stored before: another call's then.
    const isAllNew = counts.events === countDistinct(events);
    const rewritten = await rewriteCalls(transaction, isAllNew ? known : keys, reduce);
    counts.calls = isAllNew ? made.size + rewritten : rewritten;
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

/** The events of each call in the order in which the database reads them; of those with one id the first, as it keeps that. */
function groupByCall(events: readonly CallEvent[]): Map<string, CallEvent[]> {
  const byId = new Map<string, Map<string, CallEvent>>();
  for (const event of events) {
    const callId = event.callId.toLowerCase();
    const ofCall = byId.get(callId) ?? new Map<string, CallEvent>();
    const eventId = event.eventId.toLowerCase();
    if (!ofCall.has(eventId)) ofCall.set(eventId, event);
    byId.set(callId, ofCall);
  }
  return new Map(
    [...byId].map(([callId, ofCall]) => [
      callId,
      [...ofCall]
        .sort(([a, { at: atA }], [b, { at: atB }]) => atA - atB || (a < b ? -1 : 1))
        .map(([, event]) => event),
    ]),
  );
}

function countDistinct(events: readonly CallEvent[]): number {
  return new Set(events.map(({ callId, eventId }) => `${callId} ${eventId}`.toLowerCase())).size;
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
