export interface BackoffSettings {
  /** The most to wait the first time, ms. */
  firstMs: number;
  /** The most to wait ever, ms. */
  longestMs: number;
}

/** Full jitter: anything up to a ceiling that doubles, so that a gateway's agents don't all return at once. */
export function toRetryDelayMs(
  attempt: number,
  { firstMs, longestMs }: BackoffSettings,
  random: () => number = Math.random,
): number {
  return random() * Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 20));
}
