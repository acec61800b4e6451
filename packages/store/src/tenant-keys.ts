import { randomBytes } from 'node:crypto';
import { decryptBytes, encryptBytes, KEY_BYTES } from './aes-gcm.ts';
import type { Queryable } from './connect-store.ts';
import type { MasterKey } from './master-keys.ts';

/** A tenant's key as it lies in the database: of no use without the master key that wrapped it. */
export interface WrappedKey {
  version: number;
  wrappedKey: Buffer;
  masterKeyId: string;
}

const COLUMNS = `version, wrapped_key as "wrappedKey", master_key_id as "masterKeyId"`;

/** The key that seals a tenant's secrets now; null when it has none yet. */
export async function findNewestKey(store: Queryable, tenant: string): Promise<WrappedKey | null> {
  const { rows } = await store.query<WrappedKey>(
    `select ${COLUMNS} from tenant_keys where tenant = $1 order by version desc limit 1`,
    [tenant],
  );
  return rows[0] ?? null;
}

/** One version of a tenant's key, or null. */
export async function findKey(store: Queryable, tenant: string, version: number): Promise<WrappedKey | null> {
  const { rows } = await store.query<WrappedKey>(
    `select ${COLUMNS} from tenant_keys where tenant = $1 and version = $2`,
    [tenant, version],
  );
  return rows[0] ?? null;
}

/** Makes a version of a tenant's key. Of several who make the same one at once, one does, and the others change nothing. */
export async function insertKey(
  store: Queryable,
  tenant: string,
  version: number,
  masterKey: MasterKey,
): Promise<boolean> {
  const wrapped = wrapKey(masterKey, randomBytes(KEY_BYTES), tenant, version);
  const { rowCount } = await store.query(
    `insert into tenant_keys (tenant, version, wrapped_key, master_key_id) values ($1, $2, $3, $4)
     on conflict (tenant, version) do nothing`,
    [tenant, version, wrapped, masterKey.id],
  );
  return rowCount === 1;
}

export function wrapKey(masterKey: MasterKey, key: Buffer, tenant: string, version: number): Buffer {
  return encryptBytes(masterKey.key, key, toBound(tenant, version));
}

/** The key itself; null when the master key is another one, or the row was moved or changed. */
export function unwrapKey(
  masterKey: MasterKey,
  wrappedKey: Buffer,
  tenant: string,
  version: number,
): Buffer | null {
  return decryptBytes(masterKey.key, wrappedKey, toBound(tenant, version));
}

function toBound(tenant: string, version: number): string {
  return JSON.stringify(['tenant key', tenant, version]);
}
