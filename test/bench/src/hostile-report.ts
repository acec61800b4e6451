import type { CrewCounts } from './hostile-crew.ts';
import type { HostileOptions } from './options.ts';
import { type Percentiles, toMedian, toPercentiles, toRatio } from './percentiles.ts';

/** A part of a round: without the hostile crew, or with it. */
export type Kind = 'quiet' | 'attacked';
export type Work = 'popup' | 'dial';

/** One part of a round: what agents felt of one kind of work. */
export interface HostilePart extends Percentiles {
  round: number;
  kind: Kind;
  work: Work;
  /** Pop-ups or requests that never came. */
  missing: number;
}

interface WorkRatio {
  p50: number;
  p99: number;
  /** The median of each round's own. */
  medianP99: number;
}

export interface HostileReport {
  bench: 'hostile';
  /** All that was asked for arrived, the gateway lived through it, and the crew did attack. */
  ok: boolean;
  options: HostileOptions;
  parts: HostilePart[];
  quiet: Record<Work, Percentiles>;
  attacked: Record<Work, Percentiles>;
  /** Attacked over quiet, of all rounds together; the goal is 1.10 or less at p99. */
  ratio: Record<Work, WorkRatio> & { p99: number };
  /** Attacks, by what each was. */
  attacks: CrewCounts;
  /** Frames of agents that the gateway refused. */
  refused: number;
  gatewayRestarted: boolean;
}

/** Holds the parts with the crew against those without. */
export function toHostileReport(
  options: HostileOptions,
  parts: HostilePart[],
  took: Record<Kind, Record<Work, number[]>>,
  seen: Pick<HostileReport, 'attacks' | 'refused' | 'gatewayRestarted'>,
): HostileReport {
  const summed = (kind: Kind) => ({
    popup: toPercentiles(took[kind].popup),
    dial: toPercentiles(took[kind].dial),
  });
  const [quiet, attacked] = [summed('quiet'), summed('attacked')];
  const p99Of = (round: number, kind: Kind, work: Work) =>
    parts.find((part) => part.round === round && part.kind === kind && part.work === work)?.p99 ?? 0;
  const rounds = Array.from({ length: options.rounds }, (_, i) => i + 1);
  const ratioOf = (work: Work): WorkRatio => ({
    p50: toRatio(attacked[work].p50, quiet[work].p50),
    p99: toRatio(attacked[work].p99, quiet[work].p99),
    medianP99: toRatio(
      toMedian(rounds.map((round) => toRatio(p99Of(round, 'attacked', work), p99Of(round, 'quiet', work)))),
      1,
    ),
  });
  const ratio = { popup: ratioOf('popup'), dial: ratioOf('dial') };
  return {
    bench: 'hostile',
    ok:
      seen.refused === 0 &&
      !seen.gatewayRestarted &&
      Object.keys(seen.attacks).length > 0 &&
      parts.every(({ missing }) => missing === 0),
    options,
    parts,
    quiet,
    attacked,
    ratio: { ...ratio, p99: Math.max(ratio.popup.p99, ratio.dial.p99) },
    ...seen,
  };
}

/** For a person. */
export function renderHostile({ parts, quiet, attacked, ratio, attacks }: HostileReport): string {
  const row = (...cells: (string | number)[]) => cells.map((cell) => String(cell).padStart(9)).join('');
  const all = (kind: Kind, works: Record<Work, Percentiles>) =>
    (['popup', 'dial'] as const).map((work) => {
      const { count, p50, p99, max } = works[work];
      return row('all', kind, work, count, p50, p99, max);
    });
  return [
    row('round', 'part', 'work', 'count', 'p50 ms', 'p99 ms', 'max ms', 'missing'),
    ...parts.map((part) =>
      row(part.round, part.kind, part.work, part.count, part.p50, part.p99, part.max, part.missing),
    ),
    ...all('quiet', quiet),
    ...all('attacked', attacked),
    `attacks: ${Object.entries(attacks)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')}`,
    ...(['popup', 'dial'] as const).map(
      (work) =>
        `p99 of ${work}s attacked over quiet: ${ratio[work].p99}, median of the rounds ${ratio[work].medianP99}; p50: ${ratio[work].p50}`,
    ),
    '',
  ].join('\n');
}
