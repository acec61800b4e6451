/** Redis' clock, which all processes share, as far as it is known without asking. */
export interface RedisClock {
  /** Epoch ms. Never ahead of what Redis said last and what has passed since. */
  nowMs(): number;
  /** Redis said that it is so late, epoch ms. */
  heard(redisMs: number): void;
  /** Has Redis said anything in the last so many ms? */
  heardWithin(ms: number): boolean;
}

/** Until Redis was heard for the first time it is this machine's clock. */
export function createRedisClock(steadyMs: () => number = () => performance.now()): RedisClock {
  let ahead: number | null = null;
  let heardAtMs = Number.NEGATIVE_INFINITY;
  return {
    nowMs: () => Math.floor(ahead === null ? Date.now() : steadyMs() + ahead),
    heard(redisMs) {
      heardAtMs = steadyMs();
      ahead = redisMs - heardAtMs;
    },
    heardWithin: (ms) => steadyMs() - heardAtMs < ms,
  };
}
