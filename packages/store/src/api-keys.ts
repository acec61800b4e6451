import type { Queryable } from './connect-store.ts';

export interface ApiKey {
  name: string;
  /** Null: speaks for every tenant. */
  tenant: string | null;
}

/** The key behind a hash (see `hashSecret`), or null when it is unknown or revoked. */
export async function findApiKey(store: Queryable, keyHash: Buffer): Promise<ApiKey | null> {
  const { rows } = await store.query<ApiKey>(
    'select name, tenant from api_keys where key_hash = $1 and revoked_at is null',
    [keyHash],
  );
  return rows[0] ?? null;
}

/** Stores a key by its hash; a key that is there already stays as it is. */
export async function insertApiKey(store: Queryable, key: ApiKey & { keyHash: Buffer }): Promise<void> {
  await store.query(
    'insert into api_keys (key_hash, name, tenant) values ($1, $2, $3) on conflict (key_hash) do nothing',
    [key.keyHash, key.name, key.tenant],
  );
}
