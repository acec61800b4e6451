import { findTenant, type Queryable } from '@ramal/store';
import { type Catalog, fill } from '../locale/catalog.ts';
import { CommandFailedError } from '../usage-error.ts';

/** @throws CommandFailedError for a tenant that is not in the directory: what was written for it would serve nobody */
export async function requireTenant(store: Queryable, catalog: Catalog, tenant: string): Promise<void> {
  if ((await findTenant(store, tenant)) === null) {
    throw new CommandFailedError(fill(catalog.findings.tenant_unknown, { tenant }));
  }
}

/** Who runs the command, for the audit log. */
export function toOperator(env: Readonly<Record<string, string | undefined>>): string {
  return `operator ${env['SUDO_USER'] ?? env['USER'] ?? 'unknown'}`;
}
