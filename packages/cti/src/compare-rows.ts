import { toColumnText } from './column-text.ts';
import { CONFIGURACAO_CTI_COLUMNS, type ConfiguracaoCtiRow } from './legacy-columns.ts';

/** One column in which two `configuracao_cti` rows say different things; undefined: the row lacks the column. */
export interface CtiRowDifference {
  column: keyof typeof CONFIGURACAO_CTI_COLUMNS;
  before: unknown;
  after: unknown;
}

/** What would change if `after` stood where `before` does. 1 and '1' are the same, and so are null and a blank. */
export function compareConfiguracaoCtiRows(
  before: ConfiguracaoCtiRow,
  after: ConfiguracaoCtiRow,
): CtiRowDifference[] {
  const columns = Object.keys(CONFIGURACAO_CTI_COLUMNS) as CtiRowDifference['column'][];
  return columns
    .filter((column) => !isSame(before[column], after[column]))
    .map((column) => ({ column, before: before[column], after: after[column] }));
}

function isSame(before: unknown, after: unknown): boolean {
  const [one, other] = [toColumnText(before), toColumnText(after)];
  // What isn't text at all compares as it is.
  return typeof one === 'string' && typeof other === 'string' ? one === other : before === after;
}
