import type { Queryable } from './connect-store.ts';

/** What a tenant's retention asks for, as moments: epoch ms, null for ever. */
export interface Cutoff {
  tenant: string;
  /** Calls that began before go. */
  callsBeforeMs: number | null;
  /** Links to recordings of calls that began before go. */
  recordingsBeforeMs: number | null;
}

/** Where links to recordings lie: the table, its id, how a link is dropped and which rows have one. */
export const RECORDINGS = [
  ['call_events', 'event_id', `event = event - 'recording'`, `event ? 'recording'`],
  ['calls', 'call_id', 'recording = null', 'recording is not null'],
].map(([table = '', id = '', set = '', has = '']) => [table, id, { set, has }] as const);

/** A row's place in the primary key. */
export interface Place {
  startedAt: string;
  id: string;
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Goes through rows in the order of their key, each looked at once. False when it was stopped. */
export async function sweep(
  fromMs: number,
  step: (after: Place) => Promise<{ rows: number; last: Place | null }>,
  batch: number,
  stopped: () => boolean,
  tell: (rows: number) => void,
): Promise<boolean> {
  let after: Place = { startedAt: new Date(fromMs).toISOString(), id: FIRST_ID };
  while (!stopped()) {
    const { rows, last } = await step(after);
    tell(rows);
    if (last === null || rows < batch) return true;
    after = last;
  }
  return false;
}

interface Slice {
  table: string;
  id: string;
  tenant: string;
  after: Place;
  beforeMs: number;
  batch: number;
}

export async function deleteRows(
  store: Queryable,
  { table, id, tenant, after, beforeMs, batch }: Slice,
): Promise<{ rows: number; last: Place | null }> {
  const { rows } = await store.query<{ count: string; started_at: string | null; id: string | null }>(
    `with due as (
       select started_at, ${id} from ${table}
        where tenant = $1 and started_at >= $2::timestamptz and (started_at, ${id}) >= ($2::timestamptz, $3::uuid)
          and started_at < $4::timestamptz
        order by started_at, ${id} limit $5),
     gone as (
       delete from ${table} t using due
        where t.started_at = due.started_at and t.${id} = due.${id} and t.started_at < $4::timestamptz)
     ${toLast(id)}`,
    [tenant, after.startedAt, after.id, new Date(beforeMs).toISOString(), batch],
  );
  return toStep(rows);
}

export async function dropRecordings(
  store: Queryable,
  { table, id, column, tenant, after, beforeMs, batch }: Slice & { column: { set: string; has: string } },
): Promise<{ rows: number; last: Place | null }> {
  const { rows } = await store.query<{ count: string; started_at: string | null; id: string | null }>(
    `with due as (
       select started_at, ${id} from ${table}
        where tenant = $1 and started_at >= $2::timestamptz and (started_at, ${id}) >= ($2::timestamptz, $3::uuid)
          and started_at < $4::timestamptz
          and ${column.has}
        order by started_at, ${id} limit $5),
     gone as (
       update ${table} t set ${column.set} from due
        where t.started_at = due.started_at and t.${id} = due.${id} and t.started_at < $4::timestamptz)
     ${toLast(id)}`,
    [tenant, after.startedAt, after.id, new Date(beforeMs).toISOString(), batch],
  );
  return toStep(rows);
}

/** How many rows there were and where the last one stood, as text that keeps its microseconds. */
function toLast(id: string): string {
  return `select count(*) as count, (array_agg(started_at::text order by started_at desc, ${id} desc))[1] as started_at,
            (array_agg(${id}::text order by started_at desc, ${id} desc))[1] as id from due`;
}

function toStep(rows: { count: string; started_at: string | null; id: string | null }[]) {
  const { count, started_at, id } = rows[0] ?? { count: '0', started_at: null, id: null };
  return {
    rows: Number(count),
    last: started_at === null || id === null ? null : { startedAt: started_at, id },
  };
}

/** @param tenant null: those of nobody */
export async function deleteDeadLetters(
  store: Queryable,
  tenant: string | null,
  beforeMs: number,
): Promise<number> {
  const { rowCount } = await store.query(
    `delete from dead_letters where tenant is not distinct from $1 and created_at < $2::timestamptz`,
    [tenant, new Date(beforeMs).toISOString()],
  );
  return rowCount;
}

/** How many rows of a tenant, null for nobody's, are older; those alone that `has` holds for. */
export async function countRows(
  store: Queryable,
  table: string,
  tenant: string | null,
  beforeMs: number | null,
  has = 'true',
): Promise<number> {
  if (beforeMs === null) return 0;
  const column = table === 'dead_letters' ? 'created_at' : 'started_at';
  const { rows } = await store.query<{ count: string }>(
    `select count(*) as count from ${table}
      where tenant is not distinct from $1 and ${column} < $2::timestamptz and ${has}`,
    [tenant, new Date(beforeMs).toISOString()],
  );
  return Number(rows[0]?.count ?? 0);
}
