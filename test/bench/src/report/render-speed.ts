import { toShown } from '../measure/alternate.ts';
import type { Goal, SpeedReport } from '../speed/speed-report.ts';

/** For a person: a line a side, its medians with the least and the most of all runs, then the goals. */
export function renderSpeed({ bench, figures, sides, goals, notes }: SpeedReport): string {
  const cells = (first: string, others: readonly string[]) =>
    first.padEnd(14) + others.map((cell) => cell.padStart(30)).join('');
  const lines = [
    cells(
      bench,
      figures.map(({ title, unit }) => `${title}, ${unit}`),
    ),
    ...sides.map((side) =>
      cells(
        side.name,
        figures.map(({ key }) => {
          const all = side.runs[key] ?? [];
          const spread = `${toShown(Math.min(...all))} to ${toShown(Math.max(...all))}`;
          return `${toShown(side.medians[key] ?? 0)} (${spread})`;
        }),
      ),
    ),
    ...goals.map((goal) => `${goal.met ? '✓' : '✗'} ${renderGoal(goal)}`),
    ...notes,
  ];
  return `${lines.join('\n')}\n\n`;
}

export function renderGoal({ what, measured, limit }: Goal): string {
  return `${what}: ${toShown(measured)}, goal ${renderLimit(limit)}`;
}

export function renderLimit(limit: Goal['limit']): string {
  return 'most' in limit ? `≤ ${limit.most}` : `≥ ${limit.least}`;
}
