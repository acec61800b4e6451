import { compareConfiguracaoCtiRows, CONFIGURACAO_CTI_COLUMNS, type ConfiguracaoCtiRow } from '@ramal/cti';
import type { Queryable, Store } from './connect-store.ts';

/** What became of a row that was to be written; `before` is what stood there. */
export type ConfiguracaoCtiWrite =
  | { outcome: 'inserted'; before: null }
  | { outcome: 'unchanged' | 'replaced' | 'refused'; before: Record<string, unknown> };

const COLUMNS = Object.keys(CONFIGURACAO_CTI_COLUMNS) as (keyof ConfiguracaoCtiRow)[];

/**
 * Writes a company's `configuracao_cti` row in one transaction (R30). A row that says something else is replaced
 * only with `replace`; columns of it that the manual doesn't know keep what they hold.
 * @throws the server's error where the customer's table lacks a column or doesn't take a value (R13)
 */
export function writeConfiguracaoCti(
  store: Store,
  empresaId: number,
  row: ConfiguracaoCtiRow,
  { replace }: { replace: boolean },
): Promise<ConfiguracaoCtiWrite> {
  return store.withTransaction(async (transaction) => {
    // A customer's table may have no key to fall back on: two writers of ours take turns.
    await transaction.query(`select pg_advisory_xact_lock(hashtext('ramal_configuracao_cti'), $1)`, [
      empresaId,
    ]);
    const { rows } = await transaction.query(
      'select * from configuracao_cti where empresa_id = $1 for update',
      [empresaId],
    );
    const [before] = rows;
    if (before === undefined) {
      await insertRow(transaction, empresaId, row);
      return { outcome: 'inserted', before: null };
    }
    if (compareConfiguracaoCtiRows(before, row).length === 0) return { outcome: 'unchanged', before };
    if (!replace) return { outcome: 'refused', before };
    await updateRow(transaction, empresaId, row);
    return { outcome: 'replaced', before };
  });
}

async function insertRow(transaction: Queryable, empresaId: number, row: ConfiguracaoCtiRow): Promise<void> {
  const places = COLUMNS.map((_, index) => `$${index + 2}`).join(', ');
  await transaction.query(
    `insert into configuracao_cti (empresa_id, ${COLUMNS.join(', ')}) values ($1, ${places})`,
    [empresaId, ...toValues(row)],
  );
}

async function updateRow(transaction: Queryable, empresaId: number, row: ConfiguracaoCtiRow): Promise<void> {
  const assignments = COLUMNS.map((column, index) => `${column} = $${index + 2}`).join(', ');
  await transaction.query(`update configuracao_cti set ${assignments} where empresa_id = $1`, [
    empresaId,
    ...toValues(row),
  ]);
}

function toValues(row: ConfiguracaoCtiRow): unknown[] {
  return COLUMNS.map((column) => row[column] ?? null);
}
