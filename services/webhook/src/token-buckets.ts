export interface TokenBuckets {
  /** Takes one from the key's bucket; false when it is empty. */
  take(key: string): boolean;
}

interface Bucket {
  left: number;
  atMs: number;
}

/**
 * A rate for each key: `perSec` for ever, and `burst` at once after a rest. Of more than `maxKeys` keys the one that
 * was not asked for longest is forgotten, which gives it a full bucket: memory is bounded, whoever asks.
 * @param now a clock that only goes forward, ms
 */
export function createTokenBuckets(options: {
  perSec: number;
  burst: number;
  maxKeys: number;
  now: () => number;
}): TokenBuckets {
  const { perSec, burst, maxKeys, now } = options;
  // In the order of last use, oldest first.
  const buckets = new Map<string, Bucket>();
  return {
    take(key) {
      const nowMs = now();
      const known = buckets.get(key);
      const bucket = known ?? { left: burst, atMs: nowMs };
      bucket.left = Math.min(burst, bucket.left + ((nowMs - bucket.atMs) / 1000) * perSec);
      bucket.atMs = nowMs;
      if (known !== undefined) buckets.delete(key);
      buckets.set(key, bucket);
      if (buckets.size > maxKeys) {
        for (const oldest of buckets.keys()) {
          buckets.delete(oldest);
          break;
        }
      }
      if (bucket.left < 1) return false;
      bucket.left -= 1;
      return true;
    },
  };
}
