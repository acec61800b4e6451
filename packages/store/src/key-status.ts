import type { Queryable } from './connect-store.ts';
import { SEALED_COLUMNS } from './sealed-columns.ts';

/** How many values of a column lie there in which way. */
export interface ColumnStatus {
  /** `table.column`. */
  column: string;
  /** Sealed with their tenant's newest key. */
  current: number;
  /** Sealed with an older key of their tenant's. */
  older: number;
  /** Sealed straight with a master key, as of old. */
  v1: number;
  plain: number;
}

/** What the database holds of keys and secrets; says nothing about whether they open. */
export interface KeyStatus {
  /** Tenants' keys by the master key that wraps them, by its id. */
  masterKeys: { id: string; keys: number; tenants: number }[];
  columns: ColumnStatus[];
}

/** @param tenant of one tenant alone; null counts all */
export async function readKeyStatus(store: Queryable, tenant: string | null): Promise<KeyStatus> {
  const masterKeys = await store.query<KeyStatus['masterKeys'][number]>(
    `select master_key_id as id, count(*)::int as keys, count(distinct tenant)::int as tenants
       from tenant_keys
      where $1::text is null or tenant = $1
      group by master_key_id order by master_key_id`,
    [tenant],
  );
  const columns: ColumnStatus[] = [];
  for (const { table, column } of SEALED_COLUMNS) {
    const { rows } = await store.query<Omit<ColumnStatus, 'column'>>(
      `select count(*) filter (where v like 'enc:v2:%' and starts_with(v, newest))::int as current,
              count(*) filter (where v like 'enc:v2:%' and not starts_with(v, newest))::int as older,
              count(*) filter (where v like 'enc:v1:%')::int as v1,
              count(*) filter (where v !~ '^enc:v[0-9]+:')::int as plain
         from (select t.${column} as v, 'enc:v2:' || coalesce(k.version, 0) || ':' as newest
                 from ${table} t
                 left join (select tenant, max(version) as version from tenant_keys group by tenant) k
                   on k.tenant = t.tenant
                where t.${column} <> '' and ($1::text is null or t.tenant = $1)) as stored`,
      [tenant],
    );
    const [counts] = rows;
    if (counts !== undefined) columns.push({ column: `${table}.${column}`, ...counts });
  }
  return { masterKeys: masterKeys.rows, columns };
}
