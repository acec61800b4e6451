import { findCallbackToken } from './callback-tokens.ts';
import type { Queryable } from './connect-store.ts';

/** A company of `wl_chamados_empresa` (R41). Its passwords stay in the database. */
export interface Tenant {
  empresaId: number;
  tenant: string;
  name: string | null;
  /** False only for `ativo` = 0, which refuses logins, dials and callbacks (R42); null counts as active. */
  active: boolean;
  /** Goes first in the dial queue (R42). */
  vip: boolean;
}

// Compared as text: in a CRM's own database these flags may be any type that holds a 0 or a 1.
const SELECT_TENANT = `
  select empresa_id::int as "empresaId",
         tenant,
         nome as name,
         ativo::text is distinct from '0' as active,
         vip::text is not distinct from '1' as vip
    from wl_chamados_empresa
   where tenant = $1`;

/** The company behind a tenant's name, or null. */
export async function findTenant(store: Queryable, tenant: string): Promise<Tenant | null> {
  const { rows } = await store.query<Tenant>(SELECT_TENANT, [tenant]);
  return rows[0] ?? null;
}

/** The company behind a callback token's hash, or null when the token is unknown or revoked. */
export async function findTenantByCallbackToken(store: Queryable, tokenHash: Buffer): Promise<Tenant | null> {
  const token = await findCallbackToken(store, tokenHash);
  return token === null ? null : await findTenant(store, token.tenant);
}
