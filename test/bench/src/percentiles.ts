/** A distribution of times in ms, with one digit after the point. */
export interface Percentiles {
  count: number;
  p50: number;
  p99: number;
  max: number;
}

/** The nearest-rank percentiles; 0 of nothing. */
export function toPercentiles(values: readonly number[]): Percentiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => {
    const index = Math.max(0, Math.ceil(share * sorted.length) - 1);
    return Math.round((sorted[index] ?? 0) * 10) / 10;
  };
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** The one in the middle; of an even number the mean of the two. */
export function toMedian(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
  return (upper + lower) / 2;
}

/**
 * Between which two of the values the median of what they are drawn from is, in 19 cases of 20: by their order alone, whatever
 * their distribution. Of fewer than six values the least and the greatest, which may be too little.
 */
export function toMedianInterval(values: readonly number[]): [least: number, most: number] {
  const sorted = [...values].sort((a, b) => a - b);
  // How many of the least may be left out: each is below the median as often as above it.
  let left = 0;
  let below = 0.5 ** sorted.length;
  for (let chance = below; below <= 0.025 && left < sorted.length; below += chance) {
    left += 1;
    chance *= (sorted.length - left + 1) / left;
  }
  const out = Math.max(0, left - 1);
  return [sorted[out] ?? 0, sorted[sorted.length - 1 - out] ?? 0];
}

/** With three digits; 0 over nothing. */
export function toRatio(a: number, b: number): number {
  return b === 0 ? 0 : Math.round((a / b) * 1000) / 1000;
}
