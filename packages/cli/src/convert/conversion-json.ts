import type { Catalog } from '../locale/catalog.ts';
import { toFindingText } from '../locale/finding-text.ts';
import type { ConvertedColumn } from './conversion-steps.ts';
import type { Conversion } from './convert-tenant.ts';
import { toShownValue } from './shown-value.ts';

/** A conversion for programs to read; values are masked as they are for people. */
export function toConversionJson(catalog: Catalog, conversion: Conversion): Record<string, unknown> {
  const { empresaId, row, steps, findings, differences, outcome } = conversion;
  return {
    empresaId,
    outcome,
    row: Object.fromEntries(
      Object.entries(row).map(([column, value]) => [column, toShownValue(column, value)]),
    ),
    steps: steps.map(({ from, to, change }) => ({ from: toJsonColumn(from), to: toJsonColumn(to), change })),
    findings: findings.map((finding) => ({
      severity: finding.severity,
      code: finding.code,
      ...(finding.kind === 'notice' ? { field: finding.field, column: finding.column } : {}),
      message: toFindingText(catalog, finding),
    })),
    differences:
      differences?.map(({ column, before, after }) => ({
        column,
        before: toShownValue(column, before),
        after: toShownValue(column, after),
      })) ?? null,
  };
}

function toJsonColumn(side: ConvertedColumn | null): { column: string; value: unknown } | null {
  return side === null ? null : { column: side.column, value: toShownValue(side.column, side.value) };
}
