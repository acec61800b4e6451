import type { sessionResponse } from '@ramal/contracts';
import { signAgentToken } from '@ramal/runtime';
import type { Queryable, TenantLookup } from '@ramal/store';
import type { z } from 'zod';
import type { Events } from './events.ts';
import { requireActiveAgent, requireActiveTenant } from './tenant-access.ts';

/**
 * A short-lived token for an agent's browser (R36). `by` says on whose word.
 * @throws WireError not_found, tenant_disabled or forbidden
 */
export type IssueSession = (
  tenant: string,
  user: string,
  by: string,
) => Promise<z.output<typeof sessionResponse>>;

export function createIssueSession(options: {
  store: Queryable;
  lookup: TenantLookup;
  events: Events;
  agentTokenSecret: string;
  tokenTtlSec: number;
  gatewayUrl: string;
}): IssueSession {
  const { store, lookup, events, agentTokenSecret: secret, tokenTtlSec: ttlSec, gatewayUrl } = options;
  return async (tenant, user, by) => {
    await requireActiveTenant(lookup, tenant);
    const { ramal } = await requireActiveAgent(store, tenant, user);
    // Read before signing, so that the token never ends earlier than we say.
    const expiresAtSec = Math.floor(Date.now() / 1000) + ttlSec;
    const token = await signAgentToken({ secret, tenant, user, ramal, ttlSec });
    events.sessionIssued({ tenant, user, by });
    return {
      token,
      expiresAt: new Date(expiresAtSec * 1000).toISOString(),
      expiresInSec: ttlSec,
      agent: { tenant, user, ramal },
      gatewayUrl,
    };
  };
}
