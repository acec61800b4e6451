import type { Queryable, TenantLookup } from '@ramal/store';
import { type Principal, toTenant } from './principal.ts';
import { requireActiveAgent, requireActiveTenant, requireTenant } from './tenant-access.ts';

/** The tenant a principal may read in; an agent who was switched off meanwhile may read nothing. @throws WireError */
export type ToReadableTenant = (principal: Principal, asked: string | undefined) => Promise<string>;

export function createToReadableTenant(options: {
  store: Queryable;
  lookup: TenantLookup;
}): ToReadableTenant {
  const { store, lookup } = options;
  return async (principal, asked) => {
    const tenant = toTenant(principal, asked);
    if (principal.kind === 'key') {
      await requireTenant(lookup, tenant);
    } else {
      await requireActiveTenant(lookup, tenant);
      await requireActiveAgent(store, tenant, principal.identity.user);
    }
    return tenant;
  };
}
