import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { BENCHES } from '../bench-list.ts';
import { readKeptReports } from './kept-report.ts';
import { drawReport, renderPerformance, toSpeedReports } from './performance-table.ts';

const DOCS = new URL('../../../../docs/', import.meta.url);
const BEGIN = '<!-- written by npm run bench -- report -->';
const END = '<!-- end of what is written -->';

/**
 * Writes what is generated of docs/performance.md, and the drawings, from reports/bench.json.
 * @returns the files
 * @throws Error when the page lacks its marks, or nothing was measured yet
 */
export async function writePerformanceDoc(docs = DOCS): Promise<string[]> {
  const kept = await readKeptReports();
  const order = Object.keys(BENCHES);
  const reports = toSpeedReports(kept, order);
  if (reports.length === 0)
    throw new Error('reports/bench.json holds no report yet: run npm run bench first');
  const page = new URL('performance.md', docs);
  await writeFile(page, replaceBetween(await readFile(page, 'utf8'), renderPerformance(kept, order)));
  const images = new URL('images/', docs);
  await mkdir(images, { recursive: true });
  const files = [page];
  for (const report of reports) {
    const image = new URL(`bench-${report.bench}.svg`, images);
    await writeFile(image, drawReport(report));
    files.push(image);
  }
  return files.map((file) => fileURLToPath(file));
}

/** @throws Error when the marks are not there */
export function replaceBetween(page: string, text: string): string {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from === -1 || to < from) throw new Error(`the page lacks its marks ${BEGIN} and ${END}`);
  return `${page.slice(0, from + BEGIN.length)}\n\n${text.trimEnd()}\n\n${page.slice(to)}`;
}
