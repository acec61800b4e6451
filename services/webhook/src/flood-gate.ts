import { toSource } from './client-address.ts';
import { createTokenBuckets } from './token-buckets.ts';

/** What one address, and all of them together, may cause before anything is known of who asks (threat 9). */
export interface FloodGate {
  /** One more request; false: it is one too many of its address. */
  admit(address: string | null): boolean;
  /** May a token that nobody knows be looked up in the database, or a password be hashed? */
  mayTry(address: string | null): boolean;
}

export interface FloodGateOptions {
  /** Requests of one address in a second; twice as many at once after a rest. */
  requestsPerSec: number;
  /** Unknown tokens and passwords of one address in a second; five times as many at once after a rest. */
  triesPerSec: number;
  /** A clock that only goes forward, ms. */
  now?: () => number;
}

const MAX_ADDRESSES = 20_000;
/** All addresses together may try as often as this many of them: many addresses are no way round. */
const ADDRESSES_IN_FULL = 10;

export function createFloodGate(options: FloodGateOptions): FloodGate {
  const { requestsPerSec, triesPerSec, now = () => performance.now() } = options;
  const rate = (perSec: number, burst: number) =>
    createTokenBuckets({ perSec, burst, maxKeys: MAX_ADDRESSES, now });
  const requests = rate(requestsPerSec, 2 * requestsPerSec);
  const tries = rate(triesPerSec, 5 * triesPerSec);
  const together = rate(ADDRESSES_IN_FULL * triesPerSec, 5 * ADDRESSES_IN_FULL * triesPerSec);
  return {
    admit: (address) => requests.take(toSource(address)),
    mayTry: (address) => tries.take(toSource(address)) && together.take('all'),
  };
}
