import { type Right, toKeyRights } from '@ramal/contracts';
import type { Queryable } from './connect-store.ts';

/** A key whose secret somebody has shown. */
export interface ApiKey {
  keyId: string;
  name: string;
  /** Null: speaks for every tenant. */
  tenant: string | null;
  rights: ReadonlySet<Right>;
}

/** How fresh "last used" is: a busy key costs a write a minute. */
const USED_EVERY = "interval '1 minute'";

/**
 * The key behind a hash (see `hashSecret`), or null when it is unknown, revoked or over. That it was used is noted.
 */
export async function findApiKey(store: Queryable, keyHash: Buffer): Promise<ApiKey | null> {
  const { rows } = await store.query<{
    keyId: string;
    name: string;
    tenant: string | null;
    role: string | null;
    rights: string[] | null;
    stale: boolean;
  }>(
    `select key_id as "keyId", name, tenant, role, rights,
            (last_used_at is null or last_used_at < now() - ${USED_EVERY}) as stale
       from api_keys
      where key_hash = $1 and revoked_at is null and (expires_at is null or expires_at > now())`,
    [keyHash],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const { keyId, name, tenant, role, rights, stale } = row;
  if (stale) await noteUse(store, keyId);
  return { keyId, name, tenant, rights: toKeyRights(role, rights) };
}

/** Of requests that come together one writes. What can't be noted, on a read-only standby for one, keeps nobody out. */
async function noteUse(store: Queryable, keyId: string): Promise<void> {
  const noted = store.query(
    `update api_keys set last_used_at = now()
      where key_id = (select key_id from api_keys
                       where key_id = $1 and (last_used_at is null or last_used_at < now() - ${USED_EVERY})
                         for update skip locked)`,
    [keyId],
  );
  await noted.catch(() => undefined);
}

/** Stores a key of all rights by its hash; a key that is there already stays as it is. */
export async function insertApiKey(
  store: Queryable,
  key: { name: string; tenant: string | null; keyHash: Buffer },
): Promise<void> {
  await store.query(
    'insert into api_keys (key_hash, name, tenant) values ($1, $2, $3) on conflict (key_hash) do nothing',
    [key.keyHash, key.name, key.tenant],
  );
}
