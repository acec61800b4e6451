import { findTenant, type Queryable } from '@ramal/store';
import { CommandFailedError } from '../usage-error.ts';

/** A name mistyped would lock out, or let in, nobody. @throws CommandFailedError */
export async function requireKnownTenant(store: Queryable, tenant: string): Promise<void> {
  if ((await findTenant(store, tenant)) === null) {
    throw new CommandFailedError(`ramal: there is no tenant "${tenant}" in wl_chamados_empresa.tenant.`);
  }
}
