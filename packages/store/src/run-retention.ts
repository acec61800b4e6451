import type { Queryable, Store } from './connect-store.ts';
import { dropMonth, listMonths, listTenantsOfMonth, type Month } from './expired-months.ts';
import { noteSwept, raiseFloors, readSwept } from './retention-floors.ts';
import {
  type Cutoff,
  countRows,
  deleteDeadLetters,
  deleteRows,
  dropRecordings,
  type Place,
  RECORDINGS,
  sweep,
} from './sweep-expired.ts';

export interface RetentionOptions {
  /** Of every tenant whose rows may go; those of all others stay. */
  cutoffs: readonly Cutoff[];
  /** Dead letters of nobody that are older go too; null keeps them. */
  unknownBeforeMs: number | null;
  /** Counts and changes nothing. */
  dryRun?: boolean;
  signal?: AbortSignal;
  /** Told after each step. */
  onProgress?(counts: RetentionCounts): void;
  /** Rows in one statement; default 2000. */
  batch?: number;
}

export interface RetentionCounts {
  /** Of calls, such as `2026_03`. */
  monthsDropped: string[];
  /** Their time has passed, but writers did not let go: the next run drops them. */
  monthsBusy: string[];
  /** Rows that were removed one by one, because others need the month. In a dry run all rows whose time has passed. */
  calls: number;
  events: number;
  traces: number;
  deadLetters: number;
  /** Calls and events that lost their link to a recording. */
  recordings: number;
}

const BATCH = 2_000;

/**
 * Removes what its tenants' retention has passed (threat 11): whole months where nobody needs them any more, else row by
 * row, in short transactions. May be stopped at any time and run again, also twice at once.
 */
export async function runRetention(store: Store, options: RetentionOptions): Promise<RetentionCounts> {
  const {
    cutoffs,
    unknownBeforeMs,
    dryRun = false,
    signal,
    onProgress = () => undefined,
    batch = BATCH,
  } = options;
  const counts: RetentionCounts = {
    monthsDropped: [],
    monthsBusy: [],
    calls: 0,
    events: 0,
    traces: 0,
    deadLetters: 0,
    recordings: 0,
  };
  const stopped = () => signal?.aborted === true;
  if (dryRun) {
    await countExpired(store, options, counts);
    return counts;
  }
  // Before anything goes: from now on nothing that comes late brings it back.
  await raiseFloors(store, cutoffs);
  const callsBefore = new Map(cutoffs.map(({ tenant, callsBeforeMs }) => [tenant, callsBeforeMs ?? 0]));
  for (const month of await findDroppable(store, callsBefore)) {
    if (stopped()) return counts;
    const outcome = await dropMonth(store, month, (tenant) => (callsBefore.get(tenant) ?? 0) >= month.endMs);
    if (outcome === 'dropped') counts.monthsDropped.push(month.suffix);
    if (outcome === 'busy') counts.monthsBusy.push(month.suffix);
    onProgress(counts);
  }
  const sweeps: [keyof RetentionCounts & ('traces' | 'events' | 'calls'), string, string][] = [
    ['traces', 'call_traces', 'trace_id'],
    ['events', 'call_events', 'event_id'],
    ['calls', 'calls', 'call_id'],
  ];
  for (const { tenant, callsBeforeMs, recordingsBeforeMs } of cutoffs) {
    const swept = await readSwept(store, tenant);
    if (callsBeforeMs !== null) {
      for (const [name, table, id] of sweeps) {
        const step = (after: Place) =>
          deleteRows(store, { table, id, tenant, after, beforeMs: callsBeforeMs, batch });
        if (!(await sweep(swept.callsMs, step, batch, stopped, (rows) => tell(name, rows)))) return counts;
      }
      tell('deadLetters', await deleteDeadLetters(store, tenant, callsBeforeMs));
      await noteSwept(store, tenant, 'calls_swept', callsBeforeMs);
    }
    if (recordingsBeforeMs !== null) {
      for (const [table, id, column] of RECORDINGS) {
        const step = (after: Place) =>
          dropRecordings(store, { table, id, column, tenant, after, beforeMs: recordingsBeforeMs, batch });
        if (!(await sweep(swept.recordingsMs, step, batch, stopped, (rows) => tell('recordings', rows))))
          return counts;
      }
      await noteSwept(store, tenant, 'recordings_swept', recordingsBeforeMs);
    }
  }
  if (unknownBeforeMs !== null) tell('deadLetters', await deleteDeadLetters(store, null, unknownBeforeMs));
  return counts;

  function tell(name: 'traces' | 'events' | 'calls' | 'deadLetters' | 'recordings', rows: number): void {
    counts[name] += rows;
    if (rows > 0) onProgress(counts);
  }
}

/** Months that end before every one of their tenants' cutoffs. Empty ones go as well, once anybody's has passed them. */
async function findDroppable(store: Queryable, callsBefore: ReadonlyMap<string, number>): Promise<Month[]> {
  const newest = Math.max(0, ...callsBefore.values());
  const droppable: Month[] = [];
  for (const month of await listMonths(store)) {
    if (month.endMs > newest) break;
    const tenants = await listTenantsOfMonth(store, month);
    if (tenants.every((tenant) => (callsBefore.get(tenant) ?? 0) >= month.endMs)) droppable.push(month);
  }
  return droppable;
}

async function countExpired(
  store: Queryable,
  { cutoffs, unknownBeforeMs }: RetentionOptions,
  counts: RetentionCounts,
): Promise<void> {
  const callsBefore = new Map(cutoffs.map(({ tenant, callsBeforeMs }) => [tenant, callsBeforeMs ?? 0]));
  counts.monthsDropped = (await findDroppable(store, callsBefore)).map(({ suffix }) => suffix);
  for (const { tenant, callsBeforeMs, recordingsBeforeMs } of cutoffs) {
    counts.calls += await countRows(store, 'calls', tenant, callsBeforeMs);
    counts.events += await countRows(store, 'call_events', tenant, callsBeforeMs);
    counts.traces += await countRows(store, 'call_traces', tenant, callsBeforeMs);
    counts.deadLetters += await countRows(store, 'dead_letters', tenant, callsBeforeMs);
    for (const [table, , { has }] of RECORDINGS) {
      counts.recordings += await countRows(store, table, tenant, recordingsBeforeMs, has);
    }
  }
  counts.deadLetters += await countRows(store, 'dead_letters', null, unknownBeforeMs);
}
