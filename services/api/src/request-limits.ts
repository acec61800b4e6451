import type { IncomingHttpHeaders } from 'node:http';
import type { AgentIdentity } from '@ramal/contracts';
import { createKeyedLimit, type KeyedLimit, toClientAddress, toNetwork, WireError } from '@ramal/runtime';
import type { Events } from './events.ts';

/** How much one api process answers, each at once and in any minute that follows (threat 9); 0 is no limit. */
export interface RequestLimitSettings {
  requestsPerMinutePerIp: number;
  /** Of one API key, or of one agent's tokens. */
  requestsPerMinutePerKey: number;
  sessionsPerMinutePerKey: number;
  /** Proxies in front whose X-Forwarded-For is believed. */
  trustedHops: number;
}

export type RequestLimit = 'requests_per_ip' | 'requests_per_key' | 'sessions_per_key';

/** Too much at once; says when to come again. */
export class RequestRateExceededError extends WireError {
  readonly retryAfterSec: number;
  constructor(waitMs: number) {
    super('rate_limited', 'too many requests; wait as long as Retry-After says');
    this.retryAfterSec = Math.ceil(waitMs / 1000);
  }
}

/** What a principal is told apart by. */
type Counted =
  | { kind: 'key'; tenant: string | null; name: string }
  | { kind: 'agent'; identity: Pick<AgentIdentity, 'tenant' | 'user'> };

/** Each counts one request. @throws RequestRateExceededError */
export interface RequestLimits {
  /** Before anything is read of it. */
  ofAddress(peer: string, headers: IncomingHttpHeaders): void;
  ofPrincipal(principal: Counted): void;
  ofSession(principal: Counted): void;
}

export function createRequestLimits(
  settings: RequestLimitSettings,
  events: Pick<Events, 'limited'>,
  now = () => performance.now(),
): RequestLimits {
  const byAddress = createKeyedLimit({ perMinute: settings.requestsPerMinutePerIp, now });
  const byKey = createKeyedLimit({ perMinute: settings.requestsPerMinutePerKey, now });
  const sessions = createKeyedLimit({ perMinute: settings.sessionsPerMinutePerKey, now });
  const count = (limit: KeyedLimit, name: RequestLimit, key: string) => {
    const waitMs = limit.take(key);
    if (waitMs === null) return;
    events.limited(name);
    throw new RequestRateExceededError(waitMs);
  };
  return {
    ofAddress(peer, headers) {
      // Node joins several of these headers by commas, in their order.
      const forwarded = [headers['x-forwarded-for'] ?? ''].flat().join(',');
      count(byAddress, 'requests_per_ip', toNetwork(toClientAddress(peer, forwarded, settings.trustedHops)));
    },
    ofPrincipal: (principal) => count(byKey, 'requests_per_key', toKey(principal)),
    ofSession: (principal) => count(sessions, 'sessions_per_key', toKey(principal)),
  };
}

/** Unlike any other principal's, however names are chosen. */
function toKey(principal: Counted): string {
  return principal.kind === 'key'
    ? JSON.stringify(['key', principal.tenant, principal.name])
    : JSON.stringify(['agent', principal.identity.tenant, principal.identity.user]);
}
