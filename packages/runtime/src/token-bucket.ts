/** Allows a steady rate with bursts. Time comes from the caller, in ms, and only goes forward. */
export interface TokenBucket {
  /** Takes `cost` (default 1); false, and nothing is taken, when there is not that much left. */
  take(nowMs: number, cost?: number): boolean;
  /** How long until `cost` (default 1) is there, in ms; 0 when it is. */
  waitMs(nowMs: number, cost?: number): number;
}

export function createTokenBucket(perSec: number, burst: number): TokenBucket {
  let tokens = burst;
  let lastMs: number | null = null;
  const refill = (nowMs: number) => {
    tokens = Math.min(burst, tokens + ((nowMs - (lastMs ?? nowMs)) / 1000) * perSec);
    lastMs = nowMs;
  };
  return {
    take(nowMs, cost = 1) {
      refill(nowMs);
      if (tokens < cost) return false;
      tokens -= cost;
      return true;
    },
    waitMs(nowMs, cost = 1) {
      refill(nowMs);
      return tokens >= cost ? 0 : ((cost - tokens) / perSec) * 1000;
    },
  };
}
