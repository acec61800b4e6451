import { ramal as ramalSchema } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import { findAgent, type Queryable, type TenantLookup, type TenantProfile } from '@ramal/store';

/** @throws WireError not_found */
export async function requireTenant(lookup: TenantLookup, tenant: string): Promise<TenantProfile> {
  const profile = await lookup.profile(tenant);
  if (profile === null) throw new WireError('not_found', 'no such tenant');
  return profile;
}

/** @throws WireError not_found, or tenant_disabled for a company with `ativo` = 0 (R42) */
export async function requireActiveTenant(lookup: TenantLookup, tenant: string): Promise<TenantProfile> {
  const profile = await requireTenant(lookup, tenant);
  if (!profile.tenant.active) throw new WireError('tenant_disabled', 'this tenant is switched off');
  return profile;
}

/**
 * The extension of a user who may work, read anew each time so that a user who is switched off is refused
 * before the token ends; null without an extension, or with one no telephone could have.
 * @throws WireError not_found, or forbidden for an inactive user
 */
export async function requireActiveAgent(
  store: Queryable,
  tenant: string,
  user: string,
): Promise<{ ramal: string | null }> {
  const agent = await findAgent(store, tenant, user);
  if (agent === null) throw new WireError('not_found', 'no such user in this tenant');
  if (!agent.active) throw new WireError('forbidden', 'this user is switched off');
  const ramal = ramalSchema.safeParse(agent.ramal);
  return { ramal: ramal.success ? ramal.data : null };
}
