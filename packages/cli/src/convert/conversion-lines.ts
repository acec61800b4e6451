import type { CtiRowDifference } from '@ramal/cti';
import { type Catalog, fill } from '../locale/catalog.ts';
import { toFindingText } from '../locale/finding-text.ts';
import type { Conversion, ConversionOutcome } from './convert-tenant.ts';
import type { ConvertedColumn } from './conversion-steps.ts';
import { toShownValue } from './shown-value.ts';
import { toTextTable } from './text-table.ts';

const NO_COLUMN = '-';

const OUTCOME_TEXT = {
  preview: 'preview',
  inserted: 'inserted',
  replaced: 'replaced',
  unchanged: 'unchanged',
  refused_row: 'refusedRow',
  refused_problems: 'refusedProblems',
} as const satisfies Record<ConversionOutcome, keyof Catalog['convert']>;

/** A conversion for people to read. */
export function toConversionLines(catalog: Catalog, tenant: string, conversion: Conversion): string[] {
  const { convert, severity } = catalog;
  const { empresaId, steps, findings, differences, outcome } = conversion;
  const cells = (side: ConvertedColumn | null) =>
    side === null ? [NO_COLUMN, ''] : [side.column, toCell(side.column, side.value)];
  return [
    fill(convert.title, { tenant, empresaId: String(empresaId) }),
    ...toTextTable([
      [convert.oldColumn, convert.value, convert.newColumn, convert.value, convert.change],
      ...steps.map(({ from, to, change }) => [...cells(from), ...cells(to), convert[change]]),
    ]),
    ...findings.map((finding) => `  [${severity[finding.severity]}] ${toFindingText(catalog, finding)}`),
    ...toDifferenceLines(catalog, differences),
    '',
    convert[OUTCOME_TEXT[outcome]],
  ];
}

function toDifferenceLines({ convert }: Catalog, differences: readonly CtiRowDifference[] | null): string[] {
  if (differences === null || differences.length === 0) return [];
  return [
    '',
    convert.differs,
    ...toTextTable([
      [convert.newColumn, convert.stored, convert.converted],
      ...differences.map(({ column, before, after }) => [
        column,
        toCell(column, before),
        toCell(column, after),
      ]),
    ]),
  ];
}

function toCell(column: string, value: unknown): string {
  return value === undefined ? NO_COLUMN : String(toShownValue(column, value) ?? 'NULL');
}
