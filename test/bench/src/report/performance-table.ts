import { toShown } from '../measure/alternate.ts';
import type { SpeedReport } from '../speed/speed-report.ts';
import type { KeptReports } from './kept-report.ts';
import { renderLimit } from './render-speed.ts';
import { drawBars, drawGrowth } from './svg-chart.ts';

/** A report with sides and goals; those of fairness and hostile have a form of their own. */
function isSpeedReport(report: object): report is SpeedReport {
  return 'sides' in report && 'goals' in report && 'figures' in report;
}

/** The reports of speed among those that are kept, in the order of the list of benches. */
export function toSpeedReports({ reports }: KeptReports, order: readonly string[]): SpeedReport[] {
  return order.flatMap((name) => {
    const report = reports[name]?.report;
    return report !== undefined && isSpeedReport(report) ? [report] : [];
  });
}

/** The generated part of docs/performance.md: where it was measured, each goal with its ratio, each bench's figures. */
export function renderPerformance(kept: KeptReports, order: readonly string[]): string {
  const { cpu, cores, system, node } = kept.machine;
  const reports = toSpeedReports(kept, order);
  const goals = reports.flatMap(({ bench, goals: all }) =>
    all.map(
      ({ what, measured, limit, met }) =>
        `| ${bench} | ${what} | ${renderLimit(limit)} | ${toShown(measured)} | ${met ? 'met' : 'missed'} |`,
    ),
  );
  return [
    `Measured on ${cpu}, ${cores} cores, ${system}, Node ${node}.`,
    '',
    '| bench | what | goal | measured | |',
    '|---|---|---|---|---|',
    ...goals,
    '',
    ...reports.flatMap(renderBench),
  ].join('\n');
}

function renderBench({ bench, figures, sides, notes, options }: SpeedReport): string[] {
  const given = Object.entries(options)
    .map(([name, value]) => `--${name} ${String(value)}`)
    .join(' ');
  return [
    `### ${bench}`,
    '',
    `![${bench}](images/bench-${bench}.svg)`,
    '',
    `| | ${sides.map(({ name }) => name).join(' | ')} |`,
    `|---|${sides.map(() => '---').join('|')}|`,
    ...figures.map(
      ({ key, title, unit }) =>
        `| ${title}, ${unit} | ${sides.map(({ medians }) => toShown(medians[key] ?? Number.NaN)).join(' | ')} |`,
    ),
    '',
    `\`npm run bench -- ${bench} ${given}\`. ${notes.map((note) => `${note[0]?.toUpperCase() ?? ''}${note.slice(1)}.`).join(' ')}`,
    '',
  ];
}

/** The drawing of a bench: its first figure of all sides, or how its costs grow. */
export function drawReport({ bench, figures, sides }: SpeedReport): string {
  const [first] = figures;
  if (bench === 'growth' || first === undefined) {
    return drawGrowth({
      title: bench,
      subtitle: 'each cost as so many times what it is at 1×',
      sizes: sides.map(({ name }) => name),
      series: figures.map(({ key, title, unit }) => ({
        name: `${title}, ${unit}`,
        values: sides.map(({ medians }) => medians[key] ?? 0),
      })),
    });
  }
  return drawBars({
    title: bench,
    subtitle: `${first.title}, ${first.unit}`,
    bars: sides.map(({ name, kind, medians, runs }) => ({
      name,
      look: kind === 'ramal' ? 'ours' : kind,
      value: medians[first.key] ?? 0,
      least: Math.min(...(runs[first.key] ?? [0])),
      most: Math.max(...(runs[first.key] ?? [0])),
    })),
  });
}
