import { type RunEnvironment, withReleases } from '@ramal/devstack';
import { createRandom } from '@ramal/ledger';
import { LOAD_FAULTS } from './all-faults.ts';
import { startFaultSystem } from './fault-system.ts';
import type { SoakOptions } from './options.ts';
import { playRound } from './play-round.ts';
import { judgeLife, type LifeVerdict, watchResources } from './resource-watch.ts';
import type { RoundReport } from './round-report.ts';

/** What a soak tells when it is over. */
export interface SoakReport {
  ok: boolean;
  seed: number;
  minutes: number;
  rounds: number;
  /** How often each fault was played. */
  played: Record<string, number>;
  n: { callbacks: number; dials: number; popupsDue: number };
  /** Everything that was wrong, over all rounds; empty is good. */
  wrong: Record<string, number>;
  /** Of every process that got old enough. */
  processes: LifeVerdict[];
  /** Processes that ended without being killed. */
  crashes: number;
}

/** What restarts a process of each kind would leave none that gets old. */
const SOAKED = LOAD_FAULTS.filter(({ name }) => name !== 'disk-full');
/** Some 25 seconds a round. */
const SCALE = 0.1;
/** About half of what two cores take, the load beside it: a machine with nothing to spare keeps no bound in time. */
const FLOOD_PER_SEC = 150;
const MINUTE_MS = 60_000;

/**
 * Plays one fault after the other, picked at random, on one system, until time is up. The first process of each service is
 * left alone, so that it gets old and what it holds can be judged.
 */
export async function runSoak(
  options: SoakOptions & RunEnvironment,
  onRound: (report: RoundReport, soFar: SoakReport) => void,
): Promise<SoakReport> {
  const { minutes, seed, signal } = options;
  const startedMs = performance.now();
  return withReleases(options, async (releases) => {
    const system = await startFaultSystem(options, releases);
    const watch = watchResources(system.stack, system.instances);
    releases.push(async () => watch.stop());
    const random = createRandom(seed);
    const reports: RoundReport[] = [];
    const soFar = (): SoakReport => {
      const processes = watch.lives().flatMap((life) => judgeLife(life) ?? []);
      const crashes = system.instances.reduce((sum, name) => sum + system.stack.deaths(name).crashed, 0);
      const wrong = addUp(reports.map((report) => report.wrong));
      return {
        ok: Object.keys(wrong).length === 0 && crashes === 0 && processes.every(({ flat }) => flat),
        seed,
        minutes: Math.round((performance.now() - startedMs) / 6000) / 10,
        rounds: reports.length,
        played: addUp(reports.map(({ name }) => ({ [name]: 1 }))),
        n: {
          callbacks: reports.reduce((sum, { n }) => sum + n.callbacks, 0),
          dials: reports.reduce((sum, { n }) => sum + n.dials, 0),
          popupsDue: reports.reduce((sum, { n }) => sum + n.popupsDue, 0),
        },
        wrong,
        processes,
        crashes,
      };
    };
    while (performance.now() - startedMs < minutes * MINUTE_MS) {
      const fault = random.pick(SOAKED);
      const roundSeed = random.between(0, 2 ** 31);
      const report = await playRound({
        ...options,
        system,
        fault,
        seed: roundSeed,
        scale: SCALE,
        sparing: true,
        floodPerSec: FLOOD_PER_SEC,
      });
      signal.throwIfAborted();
      reports.push(report);
      onRound(report, soFar());
    }
    return soFar();
  });
}

function addUp(counts: readonly Record<string, number>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const one of counts) {
    for (const [name, count] of Object.entries(one)) sum[name] = (sum[name] ?? 0) + count;
  }
  return sum;
}
