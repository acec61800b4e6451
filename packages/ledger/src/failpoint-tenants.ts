import { randomBytes } from 'node:crypto';
import type { LedgerTenant } from './ledger-tenants.ts';

/** So many that no CTI fails five dials in a row all the time: behind an open breaker nothing is dialled, and nobody dies. */
const TENANTS = 25;
const AGENTS_EACH = 2;

/** Answers after which the CTI has surely placed no call, so that the same dial may be tried again (I1). */
export const NOT_PLACED_STATUSES: readonly number[] = [503];

/** The companies whose CTIs a `sick` phase makes ill; those of the others stay well. */
export const SICK_TENANTS: readonly string[] = ['dials-1', 'dials-2'];

/** Whether a `sick` phase may touch this company's CTI. */
export function isEverSick(tenant: string): boolean {
  return SICK_TENANTS.includes(tenant);
}

const NO_LIMIT = 1_000_000;
/** Nobody's click is refused or made to wait for being one of many. */
const SETTINGS = {
  notPlacedStatuses: NOT_PLACED_STATUSES,
  maxConcurrentDials: 200,
  maxDialsPerSecond: 200,
  dialLimits: {
    agentPerMinute: NO_LIMIT,
    agentPerHour: NO_LIMIT,
    tenantPerMinute: NO_LIMIT,
    tenantPerHour: NO_LIMIT,
  },
};

/**
 * Companies whose agents dial as fast as the run wants. The CTI of the first two tells what becomes of its calls; those
 * of the others are silent, so that only what was sent and answered decides.
 */
export function toFailpointTenants(): LedgerTenant[] {
  return Array.from({ length: TENANTS }, (_, t) => {
    const tenant = `dials-${t + 1}`;
    return {
      tenant,
      sendsIds: t === 0,
      silent: t >= 2,
      callbackToken: randomBytes(32).toString('hex'),
      agents: Array.from({ length: AGENTS_EACH }, (_, i) => ({
        tenant,
        user: `agent-${i + 1}`,
        ramal: String(3501 + i),
      })),
      settings: SETTINGS,
    };
  });
}
