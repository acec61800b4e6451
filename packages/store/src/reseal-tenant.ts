import type { Queryable, Store } from './connect-store.ts';
import type { MasterKeys } from './master-keys.ts';
import { SEALED_COLUMNS, type SealedColumn } from './sealed-columns.ts';
import { SealedSecretError } from './sealed-secret-error.ts';
import { isSealed } from './secret-sealer.ts';
import { isSealedV1, openSealedV1 } from './sealed-v1.ts';
import { findNewestKey } from './tenant-keys.ts';
import { createTenantSecrets, type TenantSecrets } from './tenant-secrets.ts';

/** What became of a tenant's secrets. */
export interface Resealed {
  sealed: number;
  /** Those that don't open, and stay as they are. Tenant and field, never a value. */
  failures: SealedSecretError[];
}

interface ResealOptions {
  store: Store;
  masterKeys: MasterKeys;
  tenant: string;
  /** Only what was sealed straight with a master key, as of old. */
  v1Only?: boolean;
}

/** Rows of one transaction: running services hear of a change once a transaction. */
const BATCH = 100;

/**
 * Seals everything of a tenant's that its newest key did not seal: what older keys did, what was sealed as of old, and what
 * is plain. Safe beside running services: a value that is changed meanwhile stays as it was changed. Goes on where it was
 * left when it is called again.
 */
export async function resealTenant(options: ResealOptions): Promise<Resealed> {
  const { store, masterKeys } = options;
  const result: Resealed = { sealed: 0, failures: [] };
  const secrets = createTenantSecrets({ store, masterKeys });
  for (const column of SEALED_COLUMNS) {
    if (options.v1Only === true && column.toV1Place === undefined) continue;
    await resealColumn(column, options, secrets, result);
  }
  return result;
}

async function resealColumn(
  column: SealedColumn,
  options: ResealOptions,
  secrets: TenantSecrets,
  result: Resealed,
): Promise<void> {
  const { store, tenant } = options;
  let after: string | null = null;
  for (;;) {
    const rows: StaleRow[] = await listStale(column, options, after);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.key;
    const sealed: (StaleRow & { value: string })[] = [];
    for (const row of rows) {
      try {
        const plain = await open(column, row, options, secrets);
        sealed.push({ ...row, value: await secrets.seal(tenant, column.toField(row.key), plain) });
      } catch (error) {
        if (!(error instanceof SealedSecretError)) throw error;
        result.failures.push(error);
      }
    }
    result.sealed += await store.withTransaction((transaction) =>
      replaceAll(transaction, column, tenant, sealed),
    );
  }
}

interface StaleRow {
  key: string;
  stored: string;
}

/** In one order for all who do this, so that two can't deadlock. */
async function listStale(
  { table, column, key }: SealedColumn,
  { store, tenant, v1Only = false }: ResealOptions,
  after: string | null,
): Promise<StaleRow[]> {
  const newest = await findNewestKey(store, tenant);
  const { rows } = await store.query<StaleRow>(
    `select ${key}::text as key, ${column} as stored
       from ${table}
      where tenant = $1
        and ${column} <> ''
        and ($2::text is null or ${key}::text collate "C" > $2)
        and case when $3 then ${column} like 'enc:v1:%' else not starts_with(${column}, $4) end
      order by ${key}::text collate "C"
      limit ${BATCH}`,
    [tenant, after, v1Only, `enc:v2:${newest?.version ?? 0}:`],
  );
  return rows;
}

async function open(
  column: SealedColumn,
  { key, stored }: StaleRow,
  { tenant, masterKeys }: ResealOptions,
  secrets: TenantSecrets,
): Promise<string> {
  const field = column.toField(key);
  if (!isSealed(stored)) return stored;
  if (!isSealedV1(stored)) return secrets.open(tenant, field, stored);
  const place = column.toV1Place?.(key);
  const plain = place === undefined ? null : openSealedV1(masterKeys, stored, place);
  if (plain !== null) return plain;
  throw new SealedSecretError(tenant, field, 'it was sealed with another master key, moved or changed');
}

async function replaceAll(
  transaction: Queryable,
  { table, column, key }: SealedColumn,
  tenant: string,
  rows: readonly (StaleRow & { value: string })[],
): Promise<number> {
  let replaced = 0;
  // The audit log tells on whose behalf; see ramal_audit_config.
  await transaction.query(`select set_config('ramal.actor', 'process ramal keys rotate', true)`);
  for (const row of rows) {
    const { rowCount } = await transaction.query(
      `update ${table} set ${column} = $1 where tenant = $2 and ${key}::text = $3 and ${column} = $4`,
      [row.value, tenant, row.key, row.stored],
    );
    replaced += rowCount;
  }
  return replaced;
}
