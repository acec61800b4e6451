import {
  CONFIGURACAO_CTI_COLUMNS,
  type ConfiguracaoCtiRow,
  EMPRESAS_COLUMNS,
  type EmpresasRow,
} from '@ramal/cti';

export interface ConvertedColumn {
  column: string;
  /** undefined: the customer's table lacks the column (R13). */
  value: unknown;
}

/** What became of one column: `stays` is not in the new table at all, `dropped` never had an effect (R8, R9). */
export interface ConversionStep {
  from: ConvertedColumn | null;
  to: ConvertedColumn | null;
  change: 'kept' | 'converted' | 'added' | 'dropped' | 'stays';
}

const OLD_COLUMNS = Object.entries(EMPRESAS_COLUMNS) as [
  keyof EmpresasRow,
  (typeof EMPRESAS_COLUMNS)[keyof EmpresasRow],
][];
const NEW_COLUMNS = Object.entries(CONFIGURACAO_CTI_COLUMNS) as [
  keyof ConfiguracaoCtiRow,
  (typeof CONFIGURACAO_CTI_COLUMNS)[keyof ConfiguracaoCtiRow],
][];

/** Follows every old column to its new one, then lists what is new altogether (R30). */
export function listConversionSteps(empresas: EmpresasRow, row: ConfiguracaoCtiRow): ConversionStep[] {
  const reached = new Set<string>();
  const toNew = (field: string): ConvertedColumn[] => {
    const found = NEW_COLUMNS.filter(([, name]) => name === field).map(([column]) => column);
    for (const column of found) reached.add(column);
    return found.map((column) => ({ column, value: row[column] }));
  };
  const steps = OLD_COLUMNS.flatMap(([column, field]): ConversionStep[] => {
    const from = { column, value: empresas[column] };
    if (field === 'enabled') return [{ from, to: null, change: 'stays' }];
    if (field === 'lineEnabled' || field === 'lineNumber') return [{ from, to: null, change: 'dropped' }];
    if (field === 'zeroEnabled') {
      return [...toNew('lineEnabled'), ...toNew('lineNumber')].map((to) => ({
        from,
        to,
        change: 'converted',
      }));
    }
    return toNew(field).map((to) => ({ from, to, change: 'kept' }));
  });
  const added = NEW_COLUMNS.filter(([column]) => !reached.has(column)).map(
    ([column]): ConversionStep => ({ from: null, to: { column, value: row[column] }, change: 'added' }),
  );
  return [...steps, ...added];
}
