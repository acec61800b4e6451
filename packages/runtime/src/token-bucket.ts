/** Allows a steady rate with bursts. Time comes from the caller, in ms, and only goes forward. */
export interface TokenBucket {
  /** Takes `cost` (default 1); false, and nothing is taken, when there is not that much left. */
  take(nowMs: number, cost?: number): boolean;
  /** How long until `cost` (default 1) is there, in ms; 0 when it is. */
  waitMs(nowMs: number, cost?: number): number;
}

export function createTokenBucket(perSec: number, burst: number): TokenBucket {
  return new Bucket(perSec, burst);
}

/** A class, for every socket has some: closures would take three times the memory. */
class Bucket implements TokenBucket {
  readonly #perSec: number;
  readonly #burst: number;
  #tokens: number;
  #lastMs: number | null = null;

  constructor(perSec: number, burst: number) {
    this.#perSec = perSec;
    this.#burst = burst;
    this.#tokens = burst;
  }

  take(nowMs: number, cost = 1): boolean {
    this.#refill(nowMs);
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  waitMs(nowMs: number, cost = 1): number {
    this.#refill(nowMs);
    return this.#tokens >= cost ? 0 : ((cost - this.#tokens) / this.#perSec) * 1000;
  }

  #refill(nowMs: number): void {
    const passedSec = (nowMs - (this.#lastMs ?? nowMs)) / 1000;
    this.#tokens = Math.min(this.#burst, this.#tokens + passedSec * this.#perSec);
    this.#lastMs = nowMs;
  }
}
