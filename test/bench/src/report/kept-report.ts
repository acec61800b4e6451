import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { arch, cpus, release } from 'node:os';

const REPORTS = new URL('../../../../reports/', import.meta.url);
const FILE = new URL('bench.json', REPORTS);

/** What `reports/bench.json` holds: of each bench what it found last. */
export interface KeptReports {
  machine: { cpu: string; cores: number; system: string; node: string };
  reports: Record<string, { at: string; seconds: number; report: { bench: string; ok: boolean } }>;
}

/** An empty one where there is none, or one that can't be read. */
export async function readKeptReports(): Promise<KeptReports> {
  const known = await readFile(FILE, 'utf8').then(
    (json) => JSON.parse(json) as Partial<KeptReports>,
    () => null,
  );
  return { machine: toMachine(), reports: known?.reports ?? {} };
}

/** Puts one bench's report beside those of the others. */
export async function keepReport(
  report: { bench: string; ok: boolean },
  seconds: number,
): Promise<KeptReports> {
  const kept = await readKeptReports();
  kept.reports[report.bench] = { at: new Date().toISOString(), seconds: Math.round(seconds), report };
  await mkdir(REPORTS, { recursive: true });
  await writeFile(FILE, `${JSON.stringify(kept)}\n`);
  return kept;
}

function toMachine(): KeptReports['machine'] {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    system: `${process.platform} ${release()} ${arch()}`,
    node: process.version,
  };
}
