import type { AgentRole, sessionResponse } from '@ramal/contracts';
import { type AgentAccess, signAgentToken } from '@ramal/runtime';
import type { Queryable, TenantLookup } from '@ramal/store';
import type { z } from 'zod';
import type { Events } from './events.ts';
import { requireActiveAgent, requireActiveTenant } from './tenant-access.ts';

/**
 * A short-lived token for an agent's browser (R36). `by` says on whose word.
 * @throws WireError not_found, tenant_disabled, or forbidden where the tenant's identity provider makes the tokens
 */
export type IssueSession = (session: {
  tenant: string;
  user: string;
  role: AgentRole;
  by: string;
}) => Promise<z.output<typeof sessionResponse>>;

export function createIssueSession(options: {
  store: Queryable;
  lookup: TenantLookup;
  events: Events;
  access: Pick<AgentAccess, 'signerOf'>;
  tokenTtlSec: number;
  gatewayUrl: string;
}): IssueSession {
  const { store, lookup, events, access, tokenTtlSec: ttlSec, gatewayUrl } = options;
  return async ({ tenant, user, role, by }) => {
    await requireActiveTenant(lookup, tenant);
    const { ramal } = await requireActiveAgent(store, tenant, user);
    const signer = await access.signerOf(tenant);
    // Read before signing, so that the token never ends earlier than we say.
    const expiresAtSec = Math.floor(Date.now() / 1000) + ttlSec;
    const token = await signAgentToken({ ...signer, tenant, user, ramal, ttlSec, role });
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
