import {
  compareConfiguracaoCtiRows,
  type ConfiguracaoCtiRow,
  type CtiRowDifference,
  type EmpresasRow,
  inspectCtiRows,
  toConfiguracaoCtiRow,
} from '@ramal/cti';
import { findTenant, readCtiRows, writeConfiguracaoCti } from '@ramal/store';
import type { Finding } from '../check/finding.ts';
import { toNoticeFindings } from '../check/find-row-findings.ts';
import type { Directory } from '../open-directory.ts';
import { type ConversionStep, listConversionSteps } from './conversion-steps.ts';

/** `preview`: not asked to write. The others say what was, or why nothing was written. */
export type ConversionOutcome =
  | 'preview'
  | 'inserted'
  | 'replaced'
  | 'unchanged'
  | 'refused_row'
  | 'refused_problems';

/** A tenant's `empresas` row on its way to `configuracao_cti` (R30). */
export interface Conversion {
  empresaId: number;
  row: ConfiguracaoCtiRow;
  steps: ConversionStep[];
  findings: Finding[];
  /** From what stands in configuracao_cti; null: nothing does. */
  differences: CtiRowDifference[] | null;
  outcome: ConversionOutcome;
}

export type ConversionResult = Conversion | { missing: 'tenant' | 'row' };

/** Converts, and writes with `apply`; over another row or in spite of problems only with `force`. */
export async function convertTenant(
  directory: Directory,
  name: string,
  { apply, force }: { apply: boolean; force: boolean },
): Promise<ConversionResult> {
  const tenant = await findTenant(directory.store, name);
  if (tenant === null) return { missing: 'tenant' };
  const { empresaId } = tenant;
  const store = await directory.storeOf(tenant);
  const rows = await readCtiRows(store, empresaId);
  if (rows.empresas === null) return { missing: 'row' };

  const empresas: EmpresasRow = rows.empresas;
  const { row } = toConfiguracaoCtiRow(empresas);
  const findings = findConvertedFindings(empresas);
  const conversion = { empresaId, row, steps: listConversionSteps(empresas, row), findings };
  const compare = (before: ConfiguracaoCtiRow | null) =>
    before === null ? null : compareConfiguracaoCtiRows(before, row);

  const faulty = findings.some(({ severity }) => severity === 'problem');
  if (!apply || (faulty && !force)) {
    const outcome = apply ? 'refused_problems' : 'preview';
    return { ...conversion, differences: compare(rows.configuracaoCti), outcome };
  }
  const written = await writeConfiguracaoCti(store, empresaId, row, { replace: force });
  const outcome = written.outcome === 'refused' ? 'refused_row' : written.outcome;
  return { ...conversion, differences: compare(written.before), outcome };
}

/** What there is to say about the new row, with the columns of the old one; usa_cti is not part of it. */
function findConvertedFindings(empresas: EmpresasRow): Finding[] {
  return toNoticeFindings(inspectCtiRows({ empresas }));
}
