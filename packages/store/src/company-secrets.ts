import type { Queryable } from './connect-store.ts';
import { readSecret, type SecretSealer } from './secret-sealer.ts';

/** The columns of `wl_chamados_empresa` that hold passwords (R41). */
export type SecretColumn = 'senha_banco' | 'senha_padrao';

/** What a company's password is sealed for. */
export function toCompanyField(column: SecretColumn): string {
  return `wl_chamados_empresa.${column}`;
}

/**
 * Reads a company's password. One that a DBA wrote in plain is sealed in place at first sight (R42), unless it was
 * changed meanwhile. Without a sealer (no master key) plain values are used as they are.
 * @throws SealedSecretError when it is sealed and there is no key, or another one, to open it
 */
export async function readCompanySecret(
  store: Queryable,
  sealer: SecretSealer | null,
  { tenant, empresaId }: { tenant: string; empresaId: number },
  column: SecretColumn,
): Promise<string | null> {
  const { rows } = await store.query<{ stored: string | null }>(
    `select nullif(${column}, '') as stored from wl_chamados_empresa where empresa_id = $1 and tenant = $2`,
    [empresaId, tenant],
  );
  const stored = rows[0]?.stored ?? null;
  if (stored === null) return null;
  return readSecret(sealer, {
    tenant,
    field: toCompanyField(column),
    stored,
    v1Place: { empresaId, column },
    async replace(sealed) {
      await store.query(
        `update wl_chamados_empresa set ${column} = $1
          where empresa_id = $2 and tenant = $3 and ${column} = $4`,
        [sealed, empresaId, tenant, stored],
      );
    },
  });
}
