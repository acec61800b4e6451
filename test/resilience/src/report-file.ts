import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RoundReport, toUpperBound } from './round-report.ts';

const REPORTS = fileURLToPath(new URL('../../../../reports/', import.meta.url));

/** Writes a report beside those of the tests. @returns where */
export async function writeReport(name: string, report: object): Promise<string> {
  await mkdir(REPORTS, { recursive: true });
  const file = join(REPORTS, name);
  await writeFile(file, `${JSON.stringify({ at: new Date().toISOString(), ...report }, null, 2)}\n`);
  return file;
}

/** A row in one line: what was wrong, of how many, and what a zero in so many says. */
export function toReportLine(report: RoundReport): string {
  const { name, ok, wrong, beside, n, figures, answered, seconds } = report;
  const rate = (count: number) => {
    const bound = toUpperBound(count);
    return bound === null ? '' : ` (< ${(bound * 100).toPrecision(2)} %)`;
  };
  const counts = [
    n.callbacks > 0 ? `${n.callbacks} callbacks${rate(n.callbacks)}` : '',
    n.dials > 0 ? `${n.dials} dials${rate(n.dials)}` : '',
    n.popupsDue > 0 ? `${n.popupsDue} pop-ups due` : '',
    answered.n > 0 ? `answered p50 ${answered.p50} p99 ${answered.p99} max ${answered.max} ms` : '',
    ...Object.entries(figures).map(
      ([figure, { p50, p99, max, boundMs }]) => `${figure} p50 ${p50} p99 ${p99} max ${max} of ${boundMs}`,
    ),
  ].filter((text) => text !== '');
  const found = `${ok ? '0 wrong' : JSON.stringify(wrong)}${beside === undefined ? '' : `, not promised ${JSON.stringify(beside)}`}`;
  return `${ok ? '✓' : '✗'} ${name}: ${found}; ${counts.join(', ')}; ${seconds} s`;
}
