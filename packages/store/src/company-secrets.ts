import type { Queryable } from './connect-store.ts';
import { isSealed, type SecretSealer } from './sealed-secret.ts';

/** The columns of `wl_chamados_empresa` that hold passwords (R41). */
export type SecretColumn = 'senha_banco' | 'senha_padrao';

/**
 * Reads a company's password. One that a DBA wrote in plain is sealed in place at first sight (R42), unless it was
 * changed meanwhile. Without a sealer (no master key) plain values are used as they are.
 * @throws SealedSecretError when it is sealed and there is no key, or another one, to open it
 */
export async function readCompanySecret(
  store: Queryable,
  sealer: SecretSealer | null,
  empresaId: number,
  column: SecretColumn,
): Promise<string | null> {
  const { rows } = await store.query<{ stored: string | null }>(
    `select nullif(${column}, '') as stored from wl_chamados_empresa where empresa_id = $1`,
    [empresaId],
  );
  const stored = rows[0]?.stored ?? null;
  if (stored === null) return null;
  if (isSealed(stored)) {
    if (sealer === null)
      throw new Error(`${column} is encrypted: set RAMAL_MASTER_KEY to the key it was encrypted with`);
    return sealer.open(stored, { empresaId, column });
  }
  if (sealer !== null) {
    await store.query(
      `update wl_chamados_empresa set ${column} = $1 where empresa_id = $2 and ${column} = $3`,
      [sealer.seal(stored, { empresaId, column }), empresaId, stored],
    );
  }
  return stored;
}
