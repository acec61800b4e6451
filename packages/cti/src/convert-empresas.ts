import { type CtiNoticeCode, isBlank, isOn } from './column-text.ts';
import {
  type ConfiguracaoCtiRow,
  type CtiField,
  EMPRESAS_COLUMNS,
  type EmpresasRow,
  readColumns,
  writeConfiguracaoCtiRow,
} from './legacy-columns.ts';

/** A problem with, or a warning about, one field of a configuration. */
export interface CtiNotice {
  /** Our name of the column; legacy-columns.ts says which column that is. */
  field: CtiField;
  code: CtiNoticeCode;
  /** English, for operators; never holds the value. */
  message: string;
}

/** What the received variables are called where a tenant never said (R30). */
export const DEFAULT_RECEIVED_NAMES = {
  receivedOriginName: 'origem',
  receivedDestinationName: 'destino',
  receivedRecordingName: 'audio',
} as const;

/** The warning that goes with each name taken from `DEFAULT_RECEIVED_NAMES`. */
export function assumedName(field: keyof typeof DEFAULT_RECEIVED_NAMES): CtiNotice {
  const message = `no name configured for calls received, "${DEFAULT_RECEIVED_NAMES[field]}" is assumed`;
  return { field, code: 'received_name_assumed', message };
}

/**
 * The `configuracao_cti` row that an `empresas` row becomes, with what was assumed or left behind (R30).
 * Values pass through as they are; `toCtiConfig` judges them.
 */
export function toConfiguracaoCtiRow(empresas: EmpresasRow): {
  row: ConfiguracaoCtiRow;
  warnings: CtiNotice[];
} {
  const warnings = [
    assumedName('receivedOriginName'),
    assumedName('receivedDestinationName'),
    assumedName('receivedRecordingName'),
  ];
  const old = readColumns(empresas, EMPRESAS_COLUMNS);
  // The old line columns were never in use (R8, R9); read now, they'd put a second prefix in (R35).
  if (isOn(old.get('lineEnabled'))) {
    warnings.push({
      field: 'lineEnabled',
      code: 'line_columns_ignored',
      message: 'the old line columns are not in use and were ignored',
    });
  }
  const zero = old.get('zeroEnabled');
  const row = writeConfiguracaoCtiRow({
    authMode: old.get('authMode'),
    type: old.get('type'),
    protocol: old.get('protocol'),
    host: old.get('host'),
    port: old.get('port'),
    path: old.get('path'),
    lineEnabled: isOn(zero) ? 1 : isBlank(zero) ? 0 : zero,
    lineNumber: isOn(zero) ? '0' : null,
    method: 'GET',
    originName: old.get('originName'),
    destinationName: old.get('destinationName'),
    ...DEFAULT_RECEIVED_NAMES,
  });
  return { row, warnings };
}
