import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

/** A rate for each of many (an address, a key), in memory, for this process alone (threat 9). */
export interface KeyedLimit {
  /** Null: go ahead. Else how long until one more is allowed, in ms, at least 1. */
  take(key: string): number | null;
}

export interface KeyedLimitOptions {
  /** So many at once and in any minute that follows; 0: no limit. */
  perMinute: number;
  /** A clock that only goes forward, ms. */
  now(): number;
  /** Keys that are remembered; default 20,000. */
  mostKeys?: number;
}

const MOST_KEYS = 20_000;
const MINUTE_MS = 60_000;

/**
 * One token bucket a key. Whose last request is a minute old has a full bucket again and is forgotten; with more keys
 * than are remembered, who was seen longest ago is forgotten early: memory is bounded, whoever comes.
 */
export function createKeyedLimit(options: KeyedLimitOptions): KeyedLimit {
  const { perMinute, now, mostKeys = MOST_KEYS } = options;
  const buckets = new Map<string, { bucket: TokenBucket; seenMs: number }>();
  return {
    take(key) {
      if (perMinute === 0) return null;
      const nowMs = now();
      const bucket = buckets.get(key)?.bucket ?? createTokenBucket(perMinute / 60, perMinute);
      // Put last, so that the map stays in the order in which keys were seen.
      buckets.delete(key);
      buckets.set(key, { bucket, seenMs: nowMs });
      for (const [oldest, { seenMs }] of buckets) {
        if (nowMs - seenMs < MINUTE_MS && buckets.size <= mostKeys) break;
        buckets.delete(oldest);
      }
      return bucket.take(nowMs) ? null : Math.max(1, Math.ceil(bucket.waitMs(nowMs)));
    },
  };
}
