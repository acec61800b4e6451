import { type RunEnvironment, withReleases } from '@ramal/devstack';
import { signAgentToken } from '@ramal/runtime';
import { createCrashWatch } from './crash-watch.ts';
import { FAULT_KINDS, type FaultKind, createFuzzFaults } from './fuzz-faults.ts';
import { type FuzzSystem, startFuzzSystem } from './fuzz-system.ts';
import type { FuzzOptions } from './options.ts';
import { createSentinels } from './sentinels.ts';
import { runTarget } from './run-target.ts';
import type { TargetName } from './targets.ts';
import { createWorker, type Worker } from './worker.ts';

/** What came of a run, as its last line tells it. */
export interface FuzzReport extends Record<FaultKind, number> {
  seed: number;
  inputs: Partial<Record<TargetName, number>>;
  /** Good events sent among them. */
  sentinels: number;
  /** Slow or failed, and well when asked for again with nothing else under way: the machine was too busy. */
  busy: number;
  seconds: number;
  ok: boolean;
}

/** Inputs under way at a time: enough to keep every service busy. */
const WORKERS = 12;
const WATCH_EVERY_MS = 200;

/** Starts the system, sends every target's inputs to it and counts what must not happen. Stops what it started. */
export async function runFuzz(options: FuzzOptions & RunEnvironment): Promise<FuzzReport> {
  const { seed, log, signal } = options;
  const startedMs = performance.now();
  return withReleases(options, async (releases) => {
    const system = await startFuzzSystem(options, releases);
    const faults = createFuzzFaults(seed);
    const workers = await openWorkers(system);
    releases.push(async () => workers.forEach((worker) => worker.close()));
    const sentinels = createSentinels({ ...system, faults });
    const underWay = () => workers.flatMap(({ current }) => (current() === null ? [] : [Number(current())]));
    const watch = createCrashWatch(system.stack, faults, underWay);
    const inputs: FuzzReport['inputs'] = {};
    let busy = 0;
    for (const target of options.targets) {
      const timer = setInterval(() => watch.look(target), WATCH_EVERY_MS);
      try {
        busy += await runTarget({ ...options, target, known: system.known, workers, faults, sentinels });
      } finally {
        clearInterval(timer);
      }
      watch.look(target);
      inputs[target] = options.index === null ? options.inputs : 1;
    }
    log('everything is sent; waiting until all good events are stored');
    await sentinels.settle(signal);
    for (const example of faults.examples()) log(`✗ ${example}`);
    const counts = faults.counts();
    const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
    const ok = FAULT_KINDS.every((kind) => counts[kind] === 0);
    return { seed, inputs, ...counts, sentinels: sentinels.sent(), busy, seconds, ok };
  });
}

/** The agents are shared: garbage of one screen must not hurt another one's. */
async function openWorkers({ stack, known }: FuzzSystem): Promise<Worker[]> {
  const agents = [
    { tenant: 'demo', user: 'ana', ramal: '3501' },
    { tenant: 'demo', user: 'bruno', ramal: '3502' },
    { tenant: 'demo', user: 'carla', ramal: '3503' },
  ];
  const tokens = await Promise.all(
    agents.map((agent) => signAgentToken({ ...agent, secret: known.secret, ttlSec: 24 * 3600 })),
  );
  const { webhookUrl: webhook, apiUrl: api, gatewayUrl: gateway } = stack.dev;
  return Array.from({ length: WORKERS }, (_, i) =>
    createWorker({ urls: { webhook, api, gateway }, token: tokens[i % tokens.length] ?? '' }),
  );
}
