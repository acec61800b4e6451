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
  const configuracaoCti = await readRow(store, 'configuracao_cti', empresaId);
  const empresas = await readRow(store, 'empresas', empresaId);
  const ours = await readRow(store, 'cti_settings', empresaId);
  return { configuracaoCti, empresas, settings: ours?.['settings'] ?? null };
}

async function readRow(
  store: Queryable,
  table: 'configuracao_cti' | 'empresas' | 'cti_settings',
  empresaId: number,
): Promise<Record<string, unknown> | null> {
  try {
    const { rows } = await store.query(`select * from ${table} where empresa_id = $1`, [empresaId]);
    return rows[0] ?? null;
  } catch (error) {
    const sqlState = toSqlState(error);
    if (sqlState === UNDEFINED_TABLE) return null;
    // A company's own database may hold its one row without saying whose it is (R13).
    if (sqlState === UNDEFINED_COLUMN) return readOnlyRow(store, table);
    throw error;
  }
}

/** The only row of a table, or null when it holds none or several: then nobody knows whose they are. */
async function readOnlyRow(store: Queryable, table: string): Promise<Record<string, unknown> | null> {
  const { rows } = await store.query(`select * from ${table} limit 2`);
  return rows.length === 1 ? (rows[0] ?? null) : null;
}
