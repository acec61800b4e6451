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

/** With three digits; 0 over nothing. */
export function toRatio(a: number, b: number): number {
  return b === 0 ? 0 : Math.round((a / b) * 1000) / 1000;
}
