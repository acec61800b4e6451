/** Allows a steady rate with bursts. Time comes from the caller, in ms, and only goes forward. */
export interface TokenBucket {
  /** Takes one; false when there is none left. */
  take(nowMs: number): boolean;
}

export function createTokenBucket(perSec: number, burst: number): TokenBucket {
  let tokens = burst;
  let lastMs: number | null = null;
  return {
    take(nowMs) {
      tokens = Math.min(burst, tokens + ((nowMs - (lastMs ?? nowMs)) / 1000) * perSec);
      lastMs = nowMs;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
