import type { CallTrace } from '@ramal/contracts';
import type { Queryable } from './connect-store.ts';
import { isMissingPartition, toSqlState } from './data-error.ts';
import { isCallId, toInstant, toStartedAt } from './instant.ts';

/** A step on a call's way, placed in time. */
export interface StoredTrace extends Omit<CallTrace, 'ageMs'> {
  tenant: string;
  /** Epoch ms, Redis time. */
  atMs: number;
}

/** The database can't take traces as it stands: their table is missing or not ours, or it was too slow. */
export class TracesRefusedError extends Error {
  constructor(cause: unknown) {
    super('the database takes no traces', { cause });
    this.name = 'TracesRefusedError';
  }
}

/**
 * Stores traces, each once. Returns how many were new.
 * @throws TracesRefusedError where what goes with them should be stored without them
 */
export async function insertTraces(store: Queryable, traces: readonly StoredTrace[]): Promise<number> {
  if (traces.length === 0) return 0;
  const records = traces.map(({ traceId, callId, tenant, atMs, step, by, ...data }) => ({
    started_at: toStartedAt(callId),
    trace_id: traceId,
    call_id: callId,
    tenant,
    at: toInstant(atMs),
    step,
    process: by,
    data,
  }));
  try {
    // In one order for all writers, so that two that repeat the same traces can't deadlock.
    const { rowCount } = await store.query(
      `insert into call_traces (started_at, trace_id, call_id, tenant, at, step, process, data)
       select started_at, trace_id, call_id, tenant, at, step, process, data
         from jsonb_to_recordset($1::jsonb) as t(
                started_at timestamptz, trace_id uuid, call_id uuid, tenant text,
                at timestamptz, step text, process text, data jsonb)
        order by call_id, trace_id
       on conflict (started_at, call_id, trace_id) do nothing`,
      [JSON.stringify(records)],
    );
    return rowCount;
  } catch (error) {
    throw isTracesFault(error) ? new TracesRefusedError(error) : error;
  }
}

/** All traces of a tenant's call, oldest first (I6). */
export async function listCallTraces(
  store: Queryable,
  tenant: string,
  callId: string,
): Promise<StoredTrace[]> {
  if (!isCallId(callId)) return [];
  const { rows } = await store.query<TraceRow>(
    `select trace_id, at, step, process, data from call_traces
      where started_at = $1 and call_id = $2 and tenant = $3
      order by at, trace_id
      limit ${MOST_TRACES}`,
    [toStartedAt(callId), callId, tenant],
  );
  return rows.map((row) => ({
    ...row.data,
    traceId: row.trace_id,
    callId,
    tenant,
    atMs: row.at.getTime(),
    step: row.step,
    by: row.process,
  }));
}

/** A call that rings for hours or whose agent reconnects all the time shall not fill anybody's memory. */
const MOST_TRACES = 2_000;

interface TraceRow {
  trace_id: string;
  at: Date;
  step: CallTrace['step'];
  process: string;
  data: Pick<CallTrace, 'user' | 'popupId' | 'reason' | 'detail'>;
}

/** SQLSTATE class 42: no such table, no right to it; 57014 and 55P03: the statement took too long, or waited to. */
function isTracesFault(error: unknown): boolean {
  if (isMissingPartition(error)) return false;
  const state = toSqlState(error);
  return state !== null && (state.startsWith('42') || state === '57014' || state === '55P03');
}
