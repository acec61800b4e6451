import type { DialReason } from '@ramal/contracts';
import { isBlank, isOn } from './column-text.ts';
import { type CtiNotice, toConfiguracaoCtiRow } from './convert-empresas.ts';
import { completeCtiSettings, type CtiSettings } from './cti-settings.ts';
import {
  CONFIGURACAO_CTI_COLUMNS,
  type ConfiguracaoCtiRow,
  type CtiField,
  EMPRESAS_COLUMNS,
  type EmpresasRow,
  readColumns,
} from './legacy-columns.ts';
import { type CallbackMapping, type CtiConfig, type CtiRowReading, readCtiRow } from './read-cti-row.ts';

/** Whether a tenant can dial, and why not. Callbacks are read with `callback` in every case (R1). */
export type CtiConfigResult = { callback: CallbackMapping } & (
  | { status: 'ok'; config: CtiConfig; warnings: CtiNotice[] }
  | { status: 'disabled' }
  /** `missing` names what has to be filled in; nothing that is filled in is wrong. */
  | { status: 'not_configured'; missing: CtiField[] }
  | { status: 'invalid'; problems: CtiNotice[] }
);

/** What is stored about a tenant's CTI. */
export interface CtiRows {
  configuracaoCti?: ConfiguracaoCtiRow | null | undefined;
  empresas?: EmpresasRow | null | undefined;
  settings?: CtiSettings | undefined;
}

/**
 * A tenant's rows become its configuration, whatever they hold; never throws (R13). `configuracao_cti` wins, else the
 * `empresas` row is converted and goes through the same checks (R30). `usa_cti` lives in `empresas` only and counts
 * for both tables (R1), unless that database doesn't have the CTI columns at all (R13).
 */
export function toCtiConfig(rows: CtiRows): CtiConfigResult {
  const { row, reading, enabled, conversionWarnings } = readStoredRows(rows);
  const { config, callback, problems, warnings } = reading;
  if (!enabled) return { status: 'disabled', callback };

  const untouched = !hasConnection(row);
  const missing = problems.filter(({ field, code }) => code === 'missing' || (untouched && field === 'type'));
  if (untouched || (missing.length > 0 && missing.length === problems.length)) {
    return { status: 'not_configured', missing: missing.map(({ field }) => field), callback };
  }
  if (problems.length > 0) return { status: 'invalid', problems, callback };
  return { status: 'ok', config, warnings: [...conversionWarnings, ...warnings], callback };
}

/** The row that counts, as it was read, before anything is concluded from it. */
export interface StoredRowsReading {
  row: ConfiguracaoCtiRow;
  /** null: neither table has a row that says anything. */
  source: CtiConfig['source'] | null;
  reading: CtiRowReading;
  enabled: boolean;
  conversionWarnings: CtiNotice[];
}

/** Chooses the row (R30) and reads every column of it, whether or not the tenant is enabled. */
export function readStoredRows(rows: CtiRows): StoredRowsReading {
  const own = toFilledRow(rows.configuracaoCti);
  const legacy = toRow(rows.empresas);
  const converted = own === null && legacy !== null ? toConfiguracaoCtiRow(legacy) : null;
  const row = own ?? converted?.row ?? {};
  const reading = readCtiRow(
    row,
    own === null ? 'empresas' : 'configuracao_cti',
    completeCtiSettings(rows.settings ?? {}),
  );
  const old = legacy === null ? null : readColumns(legacy, EMPRESAS_COLUMNS);
  const counts = old !== null && (own === null || old.size > 0);
  return {
    row,
    source: own !== null ? 'configuracao_cti' : converted !== null ? 'empresas' : null,
    reading,
    enabled: !counts || isOn(old.get('enabled')),
    conversionWarnings: converted?.warnings ?? [],
  };
}

/** The reason a dial is refused with, for a tenant that can't dial. */
export function toDialReason(result: Exclude<CtiConfigResult, { status: 'ok' }>): DialReason {
  switch (result.status) {
    case 'disabled':
      return 'cti_disabled';
    case 'not_configured':
      return 'cti_not_configured';
    case 'invalid':
      return result.problems.some(({ code }) => code === 'unsupported_cti_type')
        ? 'unsupported_cti_type'
        : 'cti_config_invalid';
  }
}

/** Foreign JSON may stand where a row should. */
function toRow<Row extends object>(row: Row | null | undefined): Row | null {
  return typeof row === 'object' && row !== null && !Array.isArray(row) ? row : null;
}

/** A row whose columns are all blank says no more than no row (R13). */
function toFilledRow(row: CtiRows['configuracaoCti']): ConfiguracaoCtiRow | null {
  const present = toRow(row);
  if (present === null) return null;
  const values = [...readColumns(present, CONFIGURACAO_CTI_COLUMNS).values()];
  return values.some((value) => !isBlank(value)) ? present : null;
}

/** The columns that say where the CTI is and what it speaks. */
const CONNECTION: readonly CtiField[] = ['authMode', 'type', 'protocol', 'host', 'port', 'path'];

function hasConnection(row: ConfiguracaoCtiRow): boolean {
  const values = readColumns(row, CONFIGURACAO_CTI_COLUMNS);
  return CONNECTION.some((field) => !isBlank(values.get(field)));
}
