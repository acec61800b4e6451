import type { SideFigures } from '../measure/alternate.ts';

/** What is asked of a figure, and what it came to. */
export interface Goal {
  /** For a person, such as `CPU a pop-up over the floor's`. */
  what: string;
  measured: number;
  /** `most` 1.15: at most that; `least` 0.75: at least that. */
  limit: { most: number } | { least: number };
  met: boolean;
}

/** One thing that was measured of all sides. */
interface FigureInfo {
  key: string;
  title: string;
  unit: string;
}

/** What one bench of speed found. */
export interface SpeedReport {
  bench: string;
  /** What was sent arrived: the figures count. A goal that is missed is told by `goals` alone. */
  ok: boolean;
  options: object;
  /** What one unit of work is. */
  unit: string;
  /** The first one is drawn. */
  figures: FigureInfo[];
  sides: SideFigures[];
  goals: Goal[];
  /** What else is worth knowing, for a person. */
  notes: string[];
}

export function toGoal(what: string, measured: number, limit: Goal['limit']): Goal {
  const met = 'most' in limit ? measured <= limit.most : measured >= limit.least;
  return { what, measured: Math.round(measured * 1000) / 1000, limit, met };
}

/** A figure of a side's, by its name; NaN when it was not measured. */
export function figureOf(sides: readonly SideFigures[], name: string, figure: string): number {
  return sides.find((side) => side.name === name)?.medians[figure] ?? Number.NaN;
}
