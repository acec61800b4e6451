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
      unauthenticated += 1;
      ofNetwork.add(network, 1);
      strangersOfNetwork.add(network, 1);
      let tenant: string | null = null;
      let released = false;
      const countStranger = (by: 1 | -1) => {
        unauthenticated += by;
        strangersOfNetwork.add(network, by);
      };
      const leave = () => {
        if (tenant === null || released) return;
        ofTenant.add(tenant, -1);
        tenant = null;
        countStranger(1);
      };
      return {
        remoteAddress,
        enter(entered) {
          if (released) return true;
          leave();
          if (limits.socketsPerTenant > 0 && ofTenant.of(entered) >= limits.socketsPerTenant) return false;
          tenant = entered;
          ofTenant.add(entered, 1);
          countStranger(-1);
          return true;
        },
        leave,
        release() {
          if (released) return;
          leave();
          countStranger(-1);
          released = true;
          open -= 1;
          ofNetwork.add(network, -1);
        },
      };
    },
    counts: () => ({ open, unauthenticated }),
  };
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
