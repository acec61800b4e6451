import type { Queryable, Store } from './connect-store.ts';
import type { MasterKeys } from './master-keys.ts';
import { type Resealed, resealTenant } from './reseal-tenant.ts';
import { SealedSecretError } from './sealed-secret-error.ts';
import { findNewestKey, insertKey, unwrapKey, type WrappedKey, wrapKey } from './tenant-keys.ts';

export interface Rotation extends Resealed {
  /** The version that seals the tenant's secrets now; null where the tenant has none. */
  version: number | null;
  /** False where the tenant had its new key already, and what was left was sealed with it. */
  newKey: boolean;
}

/**
 * Gives a tenant a new key and seals all its secrets with it. Older keys stay, so that what a service sealed at that very
 * moment, or a backup, opens; nothing is sealed with them any more.
 * @param since a tenant whose newest key was made at this moment or later (RFC 3339) gets no other one
 */
export async function rotateTenantKey(
  store: Store,
  masterKeys: MasterKeys,
  tenant: string,
  since: string,
): Promise<Rotation> {
  const newest = await findNewestKey(store, tenant);
  let newKey = false;
  // A tenant without a key gets one at its first secret.
  if (newest !== null && !(await isMadeSince(store, tenant, newest.version, since)))
    newKey = await insertKey(store, tenant, newest.version + 1, masterKeys.newest);
  const resealed = await resealTenant({ store, masterKeys, tenant });
  return { ...resealed, newKey, version: (await findNewestKey(store, tenant))?.version ?? null };
}

async function isMadeSince(
  store: Queryable,
  tenant: string,
  version: number,
  since: string,
): Promise<boolean> {
  const { rowCount } = await store.query(
    `select 1 from tenant_keys where tenant = $1 and version = $2 and created_at >= $3::timestamptz`,
    [tenant, version, since],
  );
  return rowCount === 1;
}

/** Every tenant that has a secret, or could have one, by name. */
export async function listTenantsWithSecrets(store: Queryable): Promise<string[]> {
  const { rows } = await store.query<{ tenant: string }>(
    `select tenant from wl_chamados_empresa where tenant is not null
      union select tenant from tenant_keys
      union select tenant from agents
      order by tenant`,
  );
  return rows.map(({ tenant }) => tenant);
}

export interface Rewrapped {
  wrapped: number;
  failures: SealedSecretError[];
}

/**
 * Wraps a tenant's keys by the newest master key, and seals with them what was sealed straight with a master key, as of
 * old: then the older master keys are not needed for this tenant any more. No other value changes.
 */
export async function rewrapTenantKeys(
  store: Store,
  masterKeys: MasterKeys,
  tenant: string,
): Promise<Rewrapped & { sealed: number }> {
  const failures: SealedSecretError[] = [];
  let wrapped = 0;
  for (const key of await listKeysOfOtherMasters(store, tenant, masterKeys.newest.id)) {
    const { version, wrappedKey, masterKeyId } = key;
    const master = masterKeys.find(masterKeyId);
    const plain = master === undefined ? null : unwrapKey(master, wrappedKey, tenant, version);
    if (plain === null) {
      const why = master === undefined ? `wrapped by master key ${masterKeyId}, not at hand` : 'changed';
      failures.push(new SealedSecretError(tenant, `tenant_keys version ${version}`, why));
      continue;
    }
    const { rowCount } = await store.query(
      `update tenant_keys set wrapped_key = $1, master_key_id = $2
        where tenant = $3 and version = $4 and master_key_id = $5`,
      [
        wrapKey(masterKeys.newest, plain, tenant, version),
        masterKeys.newest.id,
        tenant,
        version,
        masterKeyId,
      ],
    );
    wrapped += rowCount;
  }
  const resealed = await resealTenant({ store, masterKeys, tenant, v1Only: true });
  return { wrapped, sealed: resealed.sealed, failures: [...failures, ...resealed.failures] };
}

async function listKeysOfOtherMasters(
  store: Queryable,
  tenant: string,
  masterKeyId: string,
): Promise<WrappedKey[]> {
  const { rows } = await store.query<WrappedKey>(
    `select version, wrapped_key as "wrappedKey", master_key_id as "masterKeyId"
       from tenant_keys where tenant = $1 and master_key_id <> $2 order by version`,
    [tenant, masterKeyId],
  );
  return rows;
}
