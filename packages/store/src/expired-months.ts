import type { Queryable, Store } from './connect-store.ts';
import { toSqlState } from './data-error.ts';

/** A month of the history: one partition of each of its tables. */
export interface Month {
  /** `2026_03`, as its partitions' names end. */
  suffix: string;
  /** Its end, epoch ms, exclusive. */
  endMs: number;
}

/** Parents in the order in which writers of history take their locks: in another one two would deadlock. */
const TABLES = ['calls', 'call_events', 'call_traces'] as const;
const LOCK_NOT_AVAILABLE = '55P03';

/** The months that have tables, the oldest first. */
export async function listMonths(store: Queryable): Promise<Month[]> {
  const { rows } = await store.query<{ suffix: string }>(
    `select substring(c.relname from '\\d{4}_\\d{2}$') as suffix
       from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'calls'::regclass and c.relname ~ '^calls_\\d{4}_\\d{2}$'
      order by 1`,
  );
  return rows.map(({ suffix }) => {
    const [year = 0, month = 0] = suffix.split('_').map(Number);
    return { suffix, endMs: Date.UTC(year, month) };
  });
}

/** The tenants that have calls in a month: one step of the index for each of them, however many calls there are. */
export async function listTenantsOfMonth(store: Queryable, { suffix, endMs }: Month): Promise<string[]> {
  const { rows } = await store.query<{ tenant: string }>(
    `with recursive found as (
       (select tenant from calls where started_at >= $1 and started_at < $2 order by tenant limit 1)
       union all
       select (select c.tenant from calls c
                where c.started_at >= $1 and c.started_at < $2 and c.tenant > found.tenant order by c.tenant limit 1)
         from found where found.tenant is not null)
     select tenant from found where tenant is not null`,
    [toStart(suffix), new Date(endMs).toISOString()],
  );
  return rows.map(({ tenant }) => tenant);
}

/**
 * Drops a month's tables if all tenants that have calls in it agree, asked while nobody can add any.
 * @returns `busy` where writers did not let it in within two seconds: it is tried again with the next run
 */
export async function dropMonth(
  store: Store,
  month: Month,
  mayGo: (tenant: string) => boolean,
): Promise<'dropped' | 'needed' | 'busy'> {
  try {
    return await store.withTransaction(async (transaction) => {
      await transaction.query(`set local lock_timeout = '2s'`);
      for (const table of TABLES) await transaction.query(`lock table ${table} in access exclusive mode`);
      if (!(await listTenantsOfMonth(transaction, month)).every(mayGo)) return 'needed';
      await transaction.query('select ramal_drop_month($1)', [month.suffix]);
      return 'dropped';
    });
  } catch (error) {
    if (toSqlState(error) === LOCK_NOT_AVAILABLE) return 'busy';
    throw error;
  }
}

/** When a month begins, from how its partitions' names end. */
function toStart(suffix: string): string {
  return `${suffix.replace('_', '-')}-01T00:00:00Z`;
}

/** Tenants that have dead letters in this database. */
export async function listTenantsWithDeadLetters(store: Queryable): Promise<string[]> {
  const { rows } = await store.query<{ tenant: string }>(
    'select distinct tenant from dead_letters where tenant is not null',
  );
  return rows.map(({ tenant }) => tenant);
}
