import type { Queryable } from './connect-store.ts';

/** The active users of a tenant that the company's `senha_padrao` stands in for (R42), by name. */
export async function listUsersOnDefaultSenha(store: Queryable, tenant: string): Promise<string[]> {
  const { rows } = await store.query<{ user: string }>(
    `select a.user_name as "user"
       from agents a
       join wl_chamados_empresa e on e.tenant = a.tenant
      where a.tenant = $1
        and a.active
        and coalesce(a.senha, '') = ''
        and coalesce(e.senha_padrao, '') <> ''
      order by a.user_name`,
    [tenant],
  );
  return rows.map(({ user }) => user);
}
