/** The manual's column names, and what we call them. No other file spells a legacy column out. */

/** `empresas`, the old table (R1-R12). */
export const EMPRESAS_COLUMNS = {
  usa_cti: 'enabled',
  cti_autenticacao: 'authMode',
  cti_tipo: 'type',
  cti_protocolo: 'protocol',
  cti_ip: 'host',
  cti_porta: 'port',
  cti_caminho: 'path',
  cti_usa_linha: 'lineEnabled',
  cti_numero_linha: 'lineNumber',
  cti_usa_zero_ddd: 'zeroEnabled',
  cti_nome_origem: 'originName',
  cti_nome_destino: 'destinationName',
} as const;

/** `configuracao_cti`, the new table (R15-R28). */
export const CONFIGURACAO_CTI_COLUMNS = {
  autenticacao: 'authMode',
  tipo: 'type',
  protocolo: 'protocol',
  ip: 'host',
  porta: 'port',
  caminho: 'path',
  usa_linha: 'lineEnabled',
  numero_linha: 'lineNumber',
  metodo_chamada: 'method',
  nome_variavel_origem_sainte: 'originName',
  nome_variavel_destino_sainte: 'destinationName',
  nome_variavel_origem: 'receivedOriginName',
  nome_variavel_destino: 'receivedDestinationName',
  nome_variavel_audio: 'receivedRecordingName',
} as const;

/** A row as a driver hands it over: any column may be missing, null, a string or a number (R13). */
export type EmpresasRow = Partial<Record<keyof typeof EMPRESAS_COLUMNS, unknown>>;
/** A row as a driver hands it over: any column may be missing, null, a string or a number (R13). */
export type ConfiguracaoCtiRow = Partial<Record<keyof typeof CONFIGURACAO_CTI_COLUMNS, unknown>>;

/** Our name of a column: what a configuration problem's `field` holds. */
export type CtiField = (typeof CONFIGURACAO_CTI_COLUMNS)[keyof typeof CONFIGURACAO_CTI_COLUMNS];

/** A row's values under our names; columns the database lacks are absent (R13). */
export function readColumns<Column extends string, Field extends string>(
  row: Partial<Record<Column, unknown>>,
  columns: Readonly<Record<Column, Field>>,
): Map<Field, unknown> {
  const values = new Map<Field, unknown>();
  for (const [column, field] of Object.entries(columns) as [Column, Field][]) {
    if (Object.hasOwn(row, column) && row[column] !== undefined) values.set(field, row[column]);
  }
  return values;
}

/** The `configuracao_cti` row that holds these values; undefined becomes null. */
export function writeConfiguracaoCtiRow(values: Readonly<Record<CtiField, unknown>>): ConfiguracaoCtiRow {
  const columns = Object.entries(CONFIGURACAO_CTI_COLUMNS);
  return Object.fromEntries(columns.map(([column, field]) => [column, values[field] ?? null]));
}
