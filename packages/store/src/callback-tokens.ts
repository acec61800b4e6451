import type { Queryable } from './connect-store.ts';

/** Stores a callback token by its hash (see `hashSecret`); one that is there already stays as it is. */
export async function insertCallbackToken(
  store: Queryable,
  token: { tokenHash: Buffer; tenant: string },
): Promise<void> {
  await store.query(
    'insert into callback_tokens (token_hash, tenant) values ($1, $2) on conflict (token_hash) do nothing',
    [token.tokenHash, token.tenant],
  );
}

/** The tenant a callback token speaks for (I6), or null when the token is unknown or revoked. */
export async function findCallbackToken(
  store: Queryable,
  tokenHash: Buffer,
): Promise<{ tenant: string } | null> {
  const { rows } = await store.query<{ tenant: string }>(
    'select tenant from callback_tokens where token_hash = $1 and revoked_at is null',
    [tokenHash],
  );
  return rows[0] ?? null;
}

/** Whether a tenant has a callback token that still counts. */
export async function hasCallbackToken(store: Queryable, tenant: string): Promise<boolean> {
  const { rowCount } = await store.query(
    'select 1 from callback_tokens where tenant = $1 and revoked_at is null limit 1',
    [tenant],
  );
  return rowCount > 0;
}
