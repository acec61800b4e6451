import { timingSafeEqual } from 'node:crypto';
import { type CacheOptions, createCache } from './cached.ts';
import { findCallbackToken, listLivingCallbackTokens } from './callback-tokens.ts';
import type { Queryable } from './connect-store.ts';
import { hashSecret } from './hash-secret.ts';
import { createPatientReader } from './patient-reader.ts';

interface KnownToken {
  hash: Buffer;
  tenant: string;
  /** By the clock of `now`; null: it has no end. */
  endsAtMs: number | null;
}

type TokenMap = ReadonlyMap<string, KnownToken>;

/** Which tenant a callback token belongs to, from memory: the tokens that count are few, those made up are not. */
export interface CallbackTokenIndex {
  /**
   * The tenant, or null. A token that is not in memory is asked for once more, so that a new one counts at once, if
   * `mayAsk` grants it: a flood of made-up tokens is answered without the database (threat 9).
   * Rejects while the database is away and nothing certain is known: that is never a no.
   */
  find(token: string, mayAsk: () => boolean): Promise<{ tenant: string; hash: Buffer } | null>;
  /** A token may have changed. */
  forget(): void;
}

/** How soon after a reading a notice leads to another one: many notices at once are one reading. */
const SHORTEST_AGE_MS = 250;
/** Beyond it nothing is certain of a token that is not in memory; above every age at which a reading is due. */
const CERTAIN_MS = 31_000;
const ALL = 'all';

/**
 * Constant time in effect (threat 5): what is looked up and compared is the SHA-256 of what the caller sent. How
 * far two hashes agree tells nothing of how far the token was right, since nobody can choose the digits of a hash;
 * the last comparison takes the same time all the same.
 */
export function createCallbackTokenIndex(
  options: { store: Queryable } & Pick<CacheOptions<string, unknown>, 'now' | 'maxEntries'> & {
      maxAgeMs: () => number;
    },
): CallbackTokenIndex {
  const { store, now, maxAgeMs, maxEntries } = options;
  let isStale = false;
  let loadedAtMs = Number.NEGATIVE_INFINITY;

  const toKnown = (hash: Buffer, tenant: string, endsInMs: number | null, atMs: number): KnownToken => ({
    hash,
    tenant,
    endsAtMs: endsInMs === null ? null : atMs + endsInMs,
  });
  const all = createCache<string, TokenMap>({
    maxAgeMs: () => (isStale ? SHORTEST_AGE_MS : maxAgeMs()),
    maxEntries: 1,
    now,
    async load() {
      isStale = false;
      const startedAtMs = now();
      const rows = await listLivingCallbackTokens(store);
      loadedAtMs = startedAtMs;
      return new Map(
        rows.map(({ hash, tenant, endsInMs }) => [
          hash,
          toKnown(Buffer.from(hash, 'hex'), tenant, endsInMs, startedAtMs),
        ]),
      );
    },
  });
  const readAll = createPatientReader(all, now);
  const single = createCache({
    maxAgeMs,
    maxEntries,
    now,
    async load(hex: string): Promise<KnownToken | null> {
      const startedAtMs = now();
      const hash = Buffer.from(hex, 'hex');
      const row = await findCallbackToken(store, hash);
      return row === null ? null : toKnown(hash, row.tenant, row.endsInMs, startedAtMs);
    },
  });

  const toOwner = (known: KnownToken | null | undefined, hash: Buffer) => {
    if (known == null || !timingSafeEqual(known.hash, hash)) return null;
    if (known.endsAtMs !== null && known.endsAtMs <= now()) return null;
    return { tenant: known.tenant, hash };
  };

  return {
    async find(token, mayAsk) {
      const hash = hashSecret(token);
      const hex = hash.toString('hex');
      const known = (await readAll(ALL))?.get(hex);
      if (known !== undefined) return toOwner(known, hash);
      if (mayAsk()) return toOwner(await single.get(hex), hash);
      if (now() - loadedAtMs < CERTAIN_MS) return null;
      throw new Error('the callback tokens can’t be read');
    },
    forget() {
      isStale = true;
      single.clear();
    },
  };
}
