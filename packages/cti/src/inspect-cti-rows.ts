import type { CtiNotice } from './convert-empresas.ts';
import { type CtiRows, readStoredRows } from './cti-config.ts';
import { type AuthMode, readAuthMode } from './cti-fields.ts';
import { FieldProblem, toColumnText } from './column-text.ts';
import type { CtiConfig } from './read-cti-row.ts';

/** Everything there is to say about a tenant's rows, where `toCtiConfig` stops at what refuses the dial. */
export interface CtiInspection {
  /** The table that counts (R30); null: neither has a row that says anything (R13). */
  source: CtiConfig['source'] | null;
  /** usa_cti (R1). */
  enabled: boolean;
  /** Told even where other columns are wrong; null where it is itself (R31). */
  authMode: AuthMode | null;
  /** Set when there are no problems, for a tenant that is switched off too. */
  config: CtiConfig | null;
  problems: CtiNotice[];
  warnings: CtiNotice[];
}

/** Looks at a tenant's rows with nothing left out, for people to read; never throws (R13). */
export function inspectCtiRows(rows: CtiRows): CtiInspection {
  const { row, source, enabled, reading, conversionWarnings } = readStoredRows(rows);
  const { config, problems, warnings } = reading;
  const mode = toColumnText(row.autenticacao);
  const authMode = mode instanceof FieldProblem ? mode : readAuthMode(mode);
  return {
    source,
    enabled,
    authMode: authMode instanceof FieldProblem ? null : authMode,
    config: problems.length === 0 ? config : null,
    problems,
    warnings: source === null ? [] : [...conversionWarnings, ...warnings],
  };
}
