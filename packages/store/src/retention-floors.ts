import type { CallEvent } from '@ramal/contracts';
import type { Queryable } from './connect-store.ts';
import { toStartedAt } from './instant.ts';
import type { Cutoff } from './sweep-expired.ts';

/** Before when a tenant's calls, and its links to recordings, are gone; epoch ms. */
export interface RetentionFloor {
  callsBeforeMs: number;
  recordingsBeforeMs: number;
}

/** The floors of those of the tenants that have one. */
export async function readRetentionFloors(
  store: Queryable,
  tenants: Iterable<string>,
): Promise<ReadonlyMap<string, RetentionFloor>> {
  const { rows } = await store.query<{ tenant: string; calls: number; recordings: number }>(
    `select tenant, greatest(extract(epoch from calls_before), 0)::float8 * 1000 as calls,
            greatest(extract(epoch from recordings_before), 0)::float8 * 1000 as recordings
       from retention_floors where tenant = any($1::text[])`,
    [[...new Set(tenants)]],
  );
  return new Map(
    rows.map(({ tenant, calls, recordings }) => [
      tenant,
      { callsBeforeMs: calls, recordingsBeforeMs: recordings },
    ]),
  );
}

/** Is a word on this call too late to be kept? It would bring back what its time has passed for. */
export function isExpired(floor: RetentionFloor | undefined, callId: string): boolean {
  return floor !== undefined && Date.parse(toStartedAt(callId)) < floor.callsBeforeMs;
}

/** The event without a link whose time has passed. */
export function withoutExpiredRecording(floor: RetentionFloor | undefined, event: CallEvent): CallEvent {
  if (floor === undefined || !('recording' in event)) return event;
  if (Date.parse(toStartedAt(event.callId)) >= floor.recordingsBeforeMs) return event;
  const { recording: _expired, ...kept } = event;
  return kept;
}

/** Looked through once more: what a writer stored that had begun before the floor rose. */
const OVERLAP_MS = 2 * 24 * 60 * 60 * 1000;

/** Notes what is about to go: from then on nothing that comes late brings it back. Floors never sink. */
export async function raiseFloors(store: Queryable, cutoffs: readonly Cutoff[]): Promise<void> {
  const toTime = (ms: number | null) => (ms === null ? '-infinity' : new Date(ms).toISOString());
  await store.query(
    `insert into retention_floors as f (tenant, calls_before, recordings_before)
     select * from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) as t(tenant, calls, recordings)
      order by tenant
     on conflict (tenant) do update
        set calls_before = greatest(f.calls_before, excluded.calls_before),
            recordings_before = greatest(f.recordings_before, excluded.recordings_before)`,
    [
      cutoffs.map(({ tenant }) => tenant),
      cutoffs.map(({ callsBeforeMs }) => toTime(callsBeforeMs)),
      cutoffs.map(({ recordingsBeforeMs }) => toTime(recordingsBeforeMs)),
    ],
  );
}

/** Up to where the tenant's rows were looked through, with an overlap; epoch ms. */
export async function readSwept(
  store: Queryable,
  tenant: string,
): Promise<{ callsMs: number; recordingsMs: number }> {
  const { rows } = await store.query<{ calls: number; recordings: number }>(
    `select greatest(extract(epoch from calls_swept), 0)::float8 * 1000 as calls,
            greatest(extract(epoch from recordings_swept), 0)::float8 * 1000 as recordings
       from retention_floors where tenant = $1`,
    [tenant],
  );
  const from = (ms = 0) => Math.max(0, ms - OVERLAP_MS);
  return { callsMs: from(rows[0]?.calls), recordingsMs: from(rows[0]?.recordings) };
}

export async function noteSwept(
  store: Queryable,
  tenant: string,
  column: 'calls_swept' | 'recordings_swept',
  uptoMs: number,
): Promise<void> {
  await store.query(
    `update retention_floors set ${column} = greatest(${column}, $2::timestamptz) where tenant = $1`,
    [tenant, new Date(uptoMs).toISOString()],
  );
}

/**
 * Takes today's run, so that of many processes one does it; a run that never finished is taken over after an hour.
 * @param everyMs how long after the last one the next is due
 */
export async function claimRetentionRun(store: Queryable, everyMs: number): Promise<boolean> {
  const { rowCount } = await store.query(
    `insert into retention_runs as r (started_at) values (now())
     on conflict (only_row) do update set started_at = now(), finished_at = null
      where (r.finished_at is not null and r.started_at <= now() - $1 * interval '1 ms')
         or (r.finished_at is null and r.started_at <= now() - interval '1 hour')`,
    [everyMs],
  );
  return rowCount === 1;
}

export async function finishRetentionRun(store: Queryable): Promise<void> {
  await store.query('update retention_runs set finished_at = now()');
}
