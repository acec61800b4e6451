import { toMedian } from '../percentiles.ts';

/** What one side did in one run: figures by name, such as `cpuUs`. */
export type Figures = Record<string, number>;

/** Whose figures these are: ours, the least code that could do the job, or what would be picked instead. */
export type SideKind = 'ramal' | 'floor' | 'peer';

/** One of those that are compared. */
export interface Side {
  readonly name: string;
  readonly kind: SideKind;
  measure(): Promise<Figures>;
}

export interface SideFigures {
  name: string;
  kind: SideKind;
  /** Of each figure, every run's in their order. */
  runs: Record<string, number[]>;
  medians: Figures;
}

/**
 * Measures all sides in turns, each round beginning with another one: what else goes on on the machine meets all alike.
 * A warm-up of each comes first and counts for nothing; where there is one round alone, that is only a look, and cold.
 */
export async function alternate(
  sides: readonly Side[],
  rounds: number,
  { log, signal }: { log(line: string): void; signal: AbortSignal },
): Promise<SideFigures[]> {
  for (const side of rounds > 1 ? sides : []) {
    signal.throwIfAborted();
    await side.measure();
  }
  const runs = new Map<Side, Record<string, number[]>>(sides.map((side) => [side, {}]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < sides.length; i++) {
      signal.throwIfAborted();
      const side = sides[(i + round) % sides.length];
      if (side === undefined) continue;
      const figures = await side.measure();
      const kept = runs.get(side) ?? {};
      for (const [figure, value] of Object.entries(figures)) (kept[figure] ??= []).push(value);
      log(`run ${round + 1} ${side.name}: ${renderFigures(figures)}`);
    }
  }
  return sides.map((side) => {
    const kept = runs.get(side) ?? {};
    const medians = Object.fromEntries(
      Object.entries(kept).map(([name, values]) => [name, toMedian(values)]),
    );
    return { name: side.name, kind: side.kind, runs: kept, medians };
  });
}

function renderFigures(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${toShown(value)}`)
    .join(', ');
}

/** Three digits that say something; whole numbers from a hundred on. */
export function toShown(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
