import type { Queryable } from './connect-store.ts';
import type { OwnDatabase } from './tenant-stores.ts';

/** A company of `wl_chamados_empresa` (R41). Its passwords stay in the database. */
export interface Tenant {
  empresaId: number;
  tenant: string;
  name: string | null;
  /** False only for `ativo` = 0, which refuses logins, dials and callbacks (R42); null counts as active. */
  active: boolean;
  /** Goes first in the dial queue (R42). */
  vip: boolean;
  /** Its own database, where host, nome_banco and senha_banco are filled; null means the shared one (R42). */
  database: OwnDatabase | null;
}

// Compared as text: in a CRM's own database these flags may be any type that holds a 0 or a 1.
const SELECT_TENANT = `
  select empresa_id::int as "empresaId",
         tenant,
         nome as name,
         ativo::text is distinct from '0' as active,
         vip::text is not distinct from '1' as vip,
         case when trim(host) <> '' and trim(nome_banco) <> '' and senha_banco <> '' then jsonb_build_object(
           'host', trim(host), 'name', trim(nome_banco),
           -- A sealed password says nothing; a plain one is sealed before it is used, and then this changes.
           'passwordMark', case when senha_banco ~ '^enc:v[0-9]+:' then right(senha_banco, 16) else 'plain' end
         ) end as database
    from wl_chamados_empresa`;

/** The company behind a tenant's name, or null. */
export async function findTenant(store: Queryable, tenant: string): Promise<Tenant | null> {
  const { rows } = await store.query<Tenant>(`${SELECT_TENANT} where tenant = $1`, [tenant]);
  return rows[0] ?? null;
}

/** The companies that have a database of their own (R42). */
export async function listTenantsWithOwnDatabase(store: Queryable): Promise<Tenant[]> {
  const { rows } = await store.query<Tenant>(
    `select * from (${SELECT_TENANT}) as t where database is not null and tenant is not null
      order by "empresaId"`,
  );
  return rows;
}
