import { type InstanceName, type Releases, withReleases } from '@ramal/devstack';
import { type FaultSystem, waitReady } from './fault-system.ts';
import { toSpread } from './round-report.ts';
import type { RoundReport } from './round-report.ts';
import type { Row, RowContext } from './run-rows.ts';

/** A protection, and what comes of it when it is there and when it is not. */
export interface Needed {
  /** As `RAMAL_TEST_SWITCH_OFF` names it, or in words where a setting takes it away. */
  protection: string;
  /** The setting that takes it away. */
  env?: Record<string, string>;
  /** What can't be promised without it. */
  promise: string;
  /** Processes that are started with the protection off. */
  service: 'webhook' | 'history' | 'dialer' | 'ws-gateway';
  /** @returns how often the promise was broken in how many trials */
  try(context: NeededContext): Promise<{ broken: number; trials: number }>;
}

interface NeededContext {
  system: FaultSystem;
  releases: Releases;
  signal: AbortSignal;
  log(line: string): void;
  /** Whether this try is the one without the protection: it may give up waiting sooner. */
  isOff: boolean;
}

/** The same thing twice, with the protection and without: kept the first time, broken the second. */
export function toNeededRow(needed: Needed): Row {
  return {
    name: `needed:${needed.protection}`,
    promise: `without ${needed.protection}: ${needed.promise} breaks, and with it it holds`,
    play: (context) => playNeeded(needed, context),
  };
}

async function playNeeded(needed: Needed, context: RowContext): Promise<RoundReport> {
  const startedMs = performance.now();
  const { log, signal } = context;
  const system = await context.system();
  const tryOnce = (isOff: boolean) =>
    withReleases(context, (releases) => needed.try({ system, releases, signal, log, isOff }));
  const withIt = await tryOnce(false);
  const off = needed.env ?? { NODE_ENV: 'test', RAMAL_TEST_SWITCH_OFF: needed.protection };
  await startAll(system, needed.service, off);
  const without = await tryOnce(true);
  await startAll(system, needed.service, {});
  log(
    `${needed.protection}: broken ${withIt.broken} of ${withIt.trials} with it, ` +
      `${without.broken} of ${without.trials} without`,
  );
  const wrong = {
    ...(withIt.broken === 0 ? {} : { brokenWithIt: withIt.broken }),
    ...(without.broken > 0 ? {} : { notNeeded: 1 }),
  };
  return {
    name: `needed:${needed.protection}`,
    promise: needed.promise,
    ok: Object.keys(wrong).length === 0,
    n: { callbacks: 0, dials: 0, popupsDue: 0, sockets: 0 },
    wrong,
    non2xx: 0,
    answered: toSpread([]),
    figures: {},
    examples: [
      `with it ${withIt.broken} of ${withIt.trials}, without ${without.broken} of ${without.trials}`,
    ],
    seed: context.seed,
    seconds: Math.round((performance.now() - startedMs) / 100) / 10,
  };
}

async function startAll(system: FaultSystem, service: string, env: Record<string, string>): Promise<void> {
  const names = system.instances.filter((name) => name.replace(/-\d+$/, '') === service);
  await Promise.all(
    names.map(async (name: InstanceName) => {
      await system.stack.restartWith(name, env);
      await waitReady(system, name);
    }),
  );
}
