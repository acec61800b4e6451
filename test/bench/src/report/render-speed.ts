import { toShown } from '../measure/alternate.ts';
import type { Goal, SpeedReport } from '../speed/speed-report.ts';

const FIRST = 46;
const WIDE = 26;

/** For a person: a line a figure, with each side's median and the least and the most of its runs; then the goals. */
export function renderSpeed({ bench, figures, sides, goals, notes }: SpeedReport): string {
  const row = (first: string, others: readonly string[]) =>
    first.padEnd(FIRST) + others.map((cell) => cell.padStart(WIDE)).join('');
  const lines = [
    row(
      bench,
      sides.map(({ name }) => name),
    ),
    ...figures.map(({ key, title, unit }) =>
      row(
        `${title}, ${unit}`,
        sides.map(({ runs, medians }) => {
          const all = runs[key] ?? [];
          return `${toShown(medians[key] ?? 0)} (${toShown(Math.min(...all))} to ${toShown(Math.max(...all))})`;
        }),
      ),
    ),
    ...goals.map(
      (goal) =>
        `${goal.met ? '✓' : '✗'} ${goal.what}: ${toShown(goal.measured)}, goal ${renderLimit(goal.limit)}`,
    ),
    ...notes,
  ];
  return `${lines.join('\n')}\n\n`;
}

export function renderLimit(limit: Goal['limit']): string {
  return 'most' in limit ? `≤ ${limit.most}` : `≥ ${limit.least}`;
}
