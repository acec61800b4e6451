import type { Queryable } from './connect-store.ts';

/** A callback token as its tenant's administrator sees it; the token itself is nowhere. */
export interface CallbackTokenEntry {
  /** See `toTokenId`: enough to name it, of no use to a caller. */
  tokenId: string;
  name: string | null;
  createdAt: Date;
  /** From then on it is none; null: it has no end. */
  endsAt: Date | null;
  revokedAt: Date | null;
  /** About a minute late; null: never, or before that was noted. */
  lastUsedAt: Date | null;
  /** Neither revoked nor ended. */
  counts: boolean;
}

const COUNTS = '(revoked_at is null and (ends_at is null or ends_at > now()))';
/** By the database's clock, so that no other one has to agree with it. */
const ENDS_IN_MS = `(extract(epoch from ends_at - now()) * 1000)::float8`;
const TOKEN_ID = `translate(left(encode(token_hash, 'hex'), 12), '0123456789abcdef', 'abcdefghijklmnop')`;

/** What a token is called by its hash: letters alone, so that no log takes one for a telephone number. */
export function toTokenId(tokenHash: Buffer): string {
  return tokenHash
    .toString('hex')
    .slice(0, 12)
    .replace(/./g, (digit) => 'abcdefghijklmnop'.charAt(Number.parseInt(digit, 16)));
}

/** Stores a callback token by its hash (see `hashSecret`); one that is there already stays as it is. */
export async function insertCallbackToken(
  store: Queryable,
  token: { tokenHash: Buffer; tenant: string; name?: string | null },
): Promise<void> {
  await store.query(
    `insert into callback_tokens (token_hash, tenant, name) values ($1, $2, $3)
     on conflict (token_hash) do nothing`,
    [token.tokenHash, token.tenant, token.name ?? null],
  );
}

/** The tenant a callback token speaks for (I6), or null when the token is unknown, revoked or has ended. */
export async function findCallbackToken(
  store: Queryable,
  tokenHash: Buffer,
): Promise<{ tenant: string; endsInMs: number | null } | null> {
  const { rows } = await store.query<{ tenant: string; endsInMs: number | null }>(
    `select tenant, ${ENDS_IN_MS} as "endsInMs" from callback_tokens where token_hash = $1 and ${COUNTS}`,
    [tokenHash],
  );
  return rows[0] ?? null;
}

/** Every token of every tenant that counts at this moment: a few for each, by the hash in hex. */
export async function listLivingCallbackTokens(
  store: Queryable,
): Promise<{ hash: string; tenant: string; endsInMs: number | null }[]> {
  const { rows } = await store.query<{ hash: string; tenant: string; endsInMs: number | null }>(
    `select encode(token_hash, 'hex') as hash, tenant, ${ENDS_IN_MS} as "endsInMs"
       from callback_tokens where ${COUNTS}`,
  );
  return rows;
}

/** Whether a tenant has a callback token that still counts. */
export async function hasCallbackToken(store: Queryable, tenant: string): Promise<boolean> {
  const { rowCount } = await store.query(
    `select 1 from callback_tokens where tenant = $1 and ${COUNTS} limit 1`,
    [tenant],
  );
  return rowCount > 0;
}

/** A tenant's tokens, the newest first, also those that count no more. */
export async function listCallbackTokens(store: Queryable, tenant: string): Promise<CallbackTokenEntry[]> {
  const { rows } = await store.query<CallbackTokenEntry>(
    `select ${TOKEN_ID} as "tokenId", name, created_at as "createdAt", ends_at as "endsAt",
            revoked_at as "revokedAt", last_used_at as "lastUsedAt", ${COUNTS} as counts
       from callback_tokens left join callback_token_uses using (token_hash)
      where tenant = $1 order by created_at desc, token_hash`,
    [tenant],
  );
  return rows;
}

/**
 * Gives tokens of a tenant that count an end, `inSec` seconds from now; an earlier one stays.
 * @param which all of them but one (by its hash), or the one of an id
 * @returns the ids of the tokens that have an end by now
 */
export async function endCallbackTokens(
  store: Queryable,
  tenant: string,
  which: { allBut: Buffer } | { tokenId: string },
  inSec: number,
): Promise<string[]> {
  const [condition, value] =
    'allBut' in which ? ['token_hash <> $3', which.allBut] : [`${TOKEN_ID} = $3`, which.tokenId];
  const { rows } = await store.query<{ tokenId: string }>(
    `update callback_tokens set ends_at = least(ends_at, now() + make_interval(secs => $2))
      where tenant = $1 and ${COUNTS} and ${condition} returning ${TOKEN_ID} as "tokenId"`,
    [tenant, inSec, value],
  );
  return rows.map(({ tokenId }) => tokenId);
}

/** Revokes one token at once. @returns false when the tenant has none of that id that is not revoked */
export async function revokeCallbackToken(
  store: Queryable,
  tenant: string,
  tokenId: string,
): Promise<boolean> {
  const { rowCount } = await store.query(
    `update callback_tokens set revoked_at = now()
      where tenant = $1 and ${TOKEN_ID} = $2 and revoked_at is null`,
    [tenant, tokenId],
  );
  return rowCount > 0;
}
