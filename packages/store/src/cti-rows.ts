import type { Queryable } from './connect-store.ts';
import { toSqlState } from './data-error.ts';

/** A company's configuration as it lies in the database; columns the database lacks are absent (R13). */
export interface CtiRows {
  configuracaoCti: Record<string, unknown> | null;
  empresas: Record<string, unknown> | null;
  /** Our own optional settings, unparsed. */
  settings: unknown;
}

const UNDEFINED_TABLE = '42P01';
const UNDEFINED_COLUMN = '42703';

/** Reads what is there of a company's configuration (R1-R28). A missing table means "not configured" (R13). */
export async function readCtiRows(store: Queryable, empresaId: number): Promise<CtiRows> {
  const configuracaoCti = await readRow(
    store,
    'select * from configuracao_cti where empresa_id = $1',
    empresaId,
  );
  const empresas = await readRow(store, 'select * from empresas where empresa_id = $1', empresaId);
  const ours = await readRow(store, 'select settings from cti_settings where empresa_id = $1', empresaId);
  return { configuracaoCti, empresas, settings: ours?.['settings'] ?? null };
}

async function readRow(
  store: Queryable,
  text: string,
  empresaId: number,
): Promise<Record<string, unknown> | null> {
  try {
    const { rows } = await store.query(text, [empresaId]);
    return rows[0] ?? null;
  } catch (error) {
    const sqlState = toSqlState(error);
    // 42703: the table is there but holds no empresa_id, so nothing in it is this company's.
    if (sqlState === UNDEFINED_TABLE || sqlState === UNDEFINED_COLUMN) return null;
    throw error;
  }
}
