import type { DialReason, Names } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { loadScript } from './load-script.ts';

/** How many dials within any minute and any hour. */
export interface DialRates {
  agentPerMinute: number;
  agentPerHour: number;
  tenantPerMinute: number;
  tenantPerHour: number;
  destinationPerMinute: number;
  destinationPerHour: number;
}

/** A new intent, before it is recorded. */
export interface DialAsked {
  tenant: string;
  user: string;
  intentId: string;
  to: string;
  /** One text for all spellings of one number; null for an extension, which may be called as often as one likes. */
  destination: string | null;
}

/**
 * `known`: the intent is recorded already, so nothing was counted. `flood`: refused, and one too many to record.
 * `nowMs` is Redis' time, epoch ms.
 */
export type DialAdmission = { nowMs: number } & (
  | { kind: 'in' | 'known' | 'flood' }
  | { kind: 'refused'; reason: DialReason }
);

type Verdict = 'in' | 'known' | 'flood' | 'denied' | 'exceeded' | 'down';

/** Limits on dials, which all processes count together (threat 1). */
export interface DialLimiter {
  /**
   * Counts a new intent and says whether it may be recorded as a dial. The same intent again counts once, and so does an
   * agent's second click; a refused dial does not count, but refusals do. While the breaker of the tenant's CTI is open
   * a dial counts and is refused at once, as `cti_unavailable`.
   * @param denied why it is refused whatever the counts are; null when it is not
   * @param rates null for a number that no limit holds up
   */
  admit(dial: DialAsked, denied: DialReason | null, rates: DialRates | null): Promise<DialAdmission>;
}

/** Refused dials of one tenant that are recorded within a minute: a history is no place for a flood. */
export const MOST_RECORDED_REFUSALS = 60;

/** 0 is no limit. */
const UNLIMITED: DialRates = {
  agentPerMinute: 0,
  agentPerHour: 0,
  tenantPerMinute: 0,
  tenantPerHour: 0,
  destinationPerMinute: 0,
  destinationPerHour: 0,
};

export function createDialLimiter(redis: Redis, names: Names): DialLimiter {
  const run = loadScript(redis, 'dial-limits');
  return {
    async admit({ tenant, user, intentId, to, destination }, denied, rates) {
      const keys = [
        names.dialRate(tenant, 'agent', user),
        names.dialRate(tenant, 'tenant', 'dials'),
        names.dialRate(tenant, 'destination', destination ?? ''),
        names.dialRate(tenant, 'tenant', 'refusals'),
        names.dialRate(tenant, 'intent', intentId),
        names.recentDial(tenant, user, to),
        names.intent(tenant, intentId),
        names.cti(tenant),
      ];
      const most = rates ?? UNLIMITED;
      const limits = [
        most.agentPerMinute,
        most.agentPerHour,
        most.tenantPerMinute,
        most.tenantPerHour,
        destination === null ? 0 : most.destinationPerMinute,
        destination === null ? 0 : most.destinationPerHour,
      ];
      const args = [denied === null ? 0 : 1, ...limits, MOST_RECORDED_REFUSALS];
      const [kind, now] = (await run(keys, args)) as [Verdict, string];
      const nowMs = Number(now);
      if (kind === 'in' || kind === 'known' || kind === 'flood') return { kind, nowMs };
      if (kind === 'down') return { kind: 'refused', reason: 'cti_unavailable', nowMs };
      return { kind: 'refused', reason: denied ?? 'dial_rate_exceeded', nowMs };
    },
  };
}
