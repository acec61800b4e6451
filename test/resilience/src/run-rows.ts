import { type RunEnvironment, withReleases } from '@ramal/devstack';
import type { Fault } from './fault.ts';
import { type FaultSystem, startFaultSystem } from './fault-system.ts';
import { playRound } from './play-round.ts';
import type { RoundReport } from './round-report.ts';

const LAST_WORDS = 8;

/** One row of the table: something that is made to fail, and what came of it. */
export interface Row {
  name: string;
  promise: string;
  play(context: RowContext): Promise<RoundReport>;
}

export interface RowContext extends RunEnvironment {
  seed: number;
  /** 1 at full size. */
  scale: number;
  /** How many times later than promised something may be; default 1. */
  patience?: number;
  /** The system that the rows under load share; started when it is first asked for. */
  system(): Promise<FaultSystem>;
}

/** A row that strikes while the whole system is under load. */
export function toLoadRow(fault: Fault): Row {
  return {
    name: fault.name,
    promise: fault.promise,
    play: async (context) => playRound({ ...context, fault, system: await context.system() }),
  };
}

/** A row that could not be played to its end has kept no promise. */
function toFailedReport(row: Row, error: unknown, seed: number, startedMs: number): RoundReport {
  const text = error instanceof Error ? error.message : String(error);
  const none = { n: 0, p50: 0, p99: 0, max: 0 };
  return {
    name: row.name,
    promise: row.promise,
    ok: false,
    n: { callbacks: 0, dials: 0, popupsDue: 0, sockets: 0 },
    wrong: { unfinished: 1 },
    non2xx: 0,
    answered: none,
    figures: {},
    examples: [`unfinished: ${text}`],
    seed,
    seconds: Math.round((performance.now() - startedMs) / 100) / 10,
  };
}

/** What the processes said last, for whoever looks into a broken promise. */
export function tellLastWords(system: FaultSystem | undefined, log: (line: string) => void): void {
  for (const name of system?.instances ?? []) {
    for (const line of system?.stack.output(name).slice(-LAST_WORDS) ?? []) log(`  ${name}: ${line}`);
  }
}

/**
 * Plays one row after the other on one system, and on a new one after a row that has broken a promise: what it left behind
 * is not held against the next.
 */
export async function runRows(
  rows: readonly Row[],
  options: RunEnvironment & Pick<RowContext, 'seed' | 'scale' | 'patience'>,
  onReport: (report: RoundReport) => void,
): Promise<RoundReport[]> {
  const reports: RoundReport[] = [];
  const left = [...rows];
  while (left.length > 0) {
    await withReleases(options, async (releases) => {
      let started: Promise<FaultSystem> | undefined;
      const system = () => (started ??= startFaultSystem(options, releases));
      for (let row = left.shift(); row !== undefined; row = left.shift()) {
        const startedMs = performance.now();
        options.log(`— ${row.name}: ${row.promise}`);
        const report = await row.play({ ...options, system }).catch((error: unknown) => {
          options.signal.throwIfAborted();
          options.log(
            `✗ ${row.name} was not played to its end: ${error instanceof Error ? error.stack : String(error)}`,
          );
          return toFailedReport(row, error, options.seed, startedMs);
        });
        reports.push(report);
        onReport(report);
        if (report.ok || started === undefined) continue;
        tellLastWords(await started.catch(() => undefined), options.log);
        return;
      }
    });
  }
  return reports;
}
