import {
  type CtiConfig,
  type CtiInspection,
  type CtiRows,
  type CtiSettings,
  CtiSettingsInvalidError,
  inspectCtiRows,
  parseCtiSettings,
} from '@ramal/cti';
import { type Finding, tenantFinding } from './finding.ts';
import { toNoticeColumn } from './notice-column.ts';

/** A tenant's rows as the store reads them. */
export interface StoredRows {
  configuracaoCti: CtiRows['configuracaoCti'];
  empresas: CtiRows['empresas'];
  /** Unparsed. */
  settings: unknown;
}

/** What the rows come to, and everything that is wrong with them (R1-R28, R30). */
export interface RowFindings {
  inspection: CtiInspection;
  /** Null where anything keeps it from being used, usa_cti apart. */
  config: CtiConfig | null;
  findings: Finding[];
}

export function findRowFindings(rows: StoredRows, empresaId: number): RowFindings {
  const { settings, findings: settingFindings } = readSettings(rows.settings);
  const inspection = inspectCtiRows({ ...rows, settings });
  const findings: Finding[] = [];
  if (inspection.source === null) {
    findings.push(tenantFinding('problem', 'rows_missing', { empresaId: String(empresaId) }));
  } else {
    if (!inspection.enabled) findings.push(tenantFinding('problem', 'cti_off'));
    findings.push(...toNoticeFindings(inspection));
  }
  findings.push(...settingFindings);
  return { inspection, config: settingFindings.length === 0 ? inspection.config : null, findings };
}

/** The notices of an inspected row, problems first. */
export function toNoticeFindings({ source, problems, warnings }: CtiInspection): Finding[] {
  if (source === null) return [];
  const toFinding = (severity: 'problem' | 'warning') => (notice: (typeof problems)[number]) =>
    ({
      kind: 'notice',
      severity,
      code: notice.code,
      field: notice.field,
      column: toNoticeColumn(source, notice),
    }) as const;
  return [...problems.map(toFinding('problem')), ...warnings.map(toFinding('warning'))];
}

/** Settings that don't parse count as none, as they do for callbacks. */
function readSettings(stored: unknown): { settings: CtiSettings; findings: Finding[] } {
  try {
    return { settings: parseCtiSettings(stored), findings: [] };
  } catch (error) {
    if (!(error instanceof CtiSettingsInvalidError)) throw error;
    const fields = [...new Set(error.problems.map(({ field }) => field))];
    const findings = fields.map(
      (setting) => ({ kind: 'setting', severity: 'problem', code: 'settings_invalid', setting }) as const,
    );
    return { settings: {}, findings };
  }
}
