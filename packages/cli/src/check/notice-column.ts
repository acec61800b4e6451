import {
  CONFIGURACAO_CTI_COLUMNS,
  type CtiConfig,
  type CtiField,
  type CtiNotice,
  EMPRESAS_COLUMNS,
} from '@ramal/cti';

/** Where a notice's value lies: `table.column` of the row that counts, however it was converted (R30). */
export function toNoticeColumn(
  source: CtiConfig['source'],
  { field, code }: Pick<CtiNotice, 'field' | 'code'>,
): string {
  const old = source === 'empresas' ? findColumn(EMPRESAS_COLUMNS, toOldField(field, code)) : undefined;
  if (old !== undefined) return `empresas.${old}`;
  return `configuracao_cti.${findColumn(CONFIGURACAO_CTI_COLUMNS, field)}`;
}

/** The prefix of a converted row comes from usa_zero_ddd; only the notice about the line columns means those. */
function toOldField(field: CtiField, code: CtiNotice['code']): string {
  const isPrefix = field === 'lineEnabled' || field === 'lineNumber';
  return isPrefix && code !== 'line_columns_ignored' ? 'zeroEnabled' : field;
}

function findColumn(columns: Readonly<Record<string, string>>, field: string): string | undefined {
  return Object.entries(columns).find(([, name]) => name === field)?.[0];
}
