import { createKeyedLimit, toNetwork } from '@ramal/runtime';

/** How much one gateway process takes on (threat 9); 0 is no limit. */
export interface AdmissionLimits {
  socketsPerIp: number;
  unauthenticated: number;
  unauthenticatedPerIp: number;
  /** At once, and in any minute that follows. */
  handshakesPerMinutePerIp: number;
  socketsPerTenant: number;
}

/** Which limit turned a socket away before it was one. */
export type AdmissionRefusal =
  | 'handshakes_per_ip'
  | 'sockets_per_ip'
  | 'unauthenticated_per_ip'
  | 'unauthenticated';

/** What one socket counts as, from its handshake to its end. */
export interface AdmittedSocket {
  /** Where it comes from, behind the proxies that are trusted. */
  readonly remoteAddress: string;
  /** It is a company's from here on; false when that one has as many as it may (and then it stays nobody's). */
  enter(tenant: string): boolean;
  /** Nobody is logged in on it any more; it stays open. */
  leave(): void;
  /** It is gone. */
  release(): void;
}

export interface Admission {
  /** Counts a handshake, and takes it on or says which limit forbids it and when to come again. */
  admit(remoteAddress: string): AdmittedSocket | { refused: AdmissionRefusal; retryAfterMs: number };
  /** Sockets that are open, and those of them that are nobody's yet. */
  counts(): { open: number; unauthenticated: number };
}

/** Those who were cut off at once should not come back at once. */
const RETRY_AFTER_MS = 1_000;

/** @param now a clock that only goes forward, ms */
export function createAdmission(limits: AdmissionLimits, now: () => number): Admission {
  const handshakes = createKeyedLimit({ perMinute: limits.handshakesPerMinutePerIp, now });
  const ofNetwork = createTally();
  const strangersOfNetwork = createTally();
  const ofTenant = createTally();
  let open = 0;
  let unauthenticated = 0;

  const tallies: Tallies = {
    addToTenant(tenant, by) {
      ofTenant.add(tenant, by);
    },
    isTenantFull: (tenant) => limits.socketsPerTenant > 0 && ofTenant.of(tenant) >= limits.socketsPerTenant,
    addStranger(network, by) {
      unauthenticated += by;
      strangersOfNetwork.add(network, by);
    },
    gone(network) {
      open -= 1;
      ofNetwork.add(network, -1);
    },
  };

  const refusalOf = (network: string): { refused: AdmissionRefusal; retryAfterMs: number } | null => {
    const waitMs = handshakes.take(network);
    if (waitMs !== null) return { refused: 'handshakes_per_ip', retryAfterMs: waitMs };
    const isFull = (count: number, most: number) => most > 0 && count >= most;
    const refuse = (refused: AdmissionRefusal) => ({ refused, retryAfterMs: RETRY_AFTER_MS });
    if (isFull(ofNetwork.of(network), limits.socketsPerIp)) return refuse('sockets_per_ip');
    if (isFull(strangersOfNetwork.of(network), limits.unauthenticatedPerIp)) {
      return refuse('unauthenticated_per_ip');
    }
    return isFull(unauthenticated, limits.unauthenticated) ? refuse('unauthenticated') : null;
  };

  return {
    admit(remoteAddress) {
      const network = toNetwork(remoteAddress);
      const refusal = refusalOf(network);
      if (refusal !== null) return refusal;
      open += 1;
      ofNetwork.add(network, 1);
      tallies.addStranger(network, 1);
      return new Admitted(remoteAddress, network, tallies);
    },
    counts: () => ({ open, unauthenticated }),
  };
}

/** What the sockets of one gateway are counted in. */
interface Tallies {
  addToTenant(tenant: string, by: 1 | -1): void;
  isTenantFull(tenant: string): boolean;
  addStranger(network: string, by: 1 | -1): void;
  gone(network: string): void;
}

/** A class, for every socket has one, for as long as it is open. */
class Admitted implements AdmittedSocket {
  readonly remoteAddress: string;
  readonly #network: string;
  readonly #tallies: Tallies;
  #tenant: string | null = null;
  #released = false;

  constructor(remoteAddress: string, network: string, tallies: Tallies) {
    this.remoteAddress = remoteAddress;
    this.#network = network;
    this.#tallies = tallies;
  }

  enter(tenant: string): boolean {
    if (this.#released) return true;
    this.leave();
    if (this.#tallies.isTenantFull(tenant)) return false;
    this.#tenant = tenant;
    this.#tallies.addToTenant(tenant, 1);
    this.#tallies.addStranger(this.#network, -1);
    return true;
  }

  leave(): void {
    if (this.#tenant === null || this.#released) return;
    this.#tallies.addToTenant(this.#tenant, -1);
    this.#tenant = null;
    this.#tallies.addStranger(this.#network, 1);
  }

  release(): void {
    if (this.#released) return;
    this.leave();
    this.#tallies.addStranger(this.#network, -1);
    this.#released = true;
    this.#tallies.gone(this.#network);
  }
}

/** Counts by key, without memory of those that are zero. */
function createTally() {
  const counts = new Map<string, number>();
  return {
    of: (key: string): number => counts.get(key) ?? 0,
    add(key: string, by: number): void {
      const count = (counts.get(key) ?? 0) + by;
      if (count === 0) counts.delete(key);
      else counts.set(key, count);
    },
  };
}
