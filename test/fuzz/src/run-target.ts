import { createFuzzFaults, type FuzzFaults } from './fuzz-faults.ts';
import type { RunEnvironment } from '@ramal/devstack';
import type { Doubt } from './judge.ts';
import type { Known } from './known.ts';
import { makeInput } from './make-input.ts';
import type { FuzzOptions } from './options.ts';
import type { Sentinels } from './sentinels.ts';
import type { TargetName } from './targets.ts';
import type { Worker } from './worker.ts';

export interface TargetRun extends FuzzOptions, RunEnvironment {
  target: TargetName;
  known: Known;
  workers: readonly Worker[];
  faults: FuzzFaults;
  sentinels: Sentinels;
}

const TOLD_EVERY_MS = 5_000;
/** Of those that were slow or failed: a machine that stalls makes many. */
const MOST_REPEATED = 50;
const REPEATS = 3;

/**
 * Sends a target's inputs, several at a time, with good events between them.
 * @returns how many were slow or failed only while others were under way
 */
export async function runTarget(run: TargetRun): Promise<number> {
  const { target, seed, known, workers, faults, sentinels, log, signal } = run;
  const first = run.index ?? 0;
  const end = run.index === null ? run.inputs : first + 1;
  const sentinelEvery = run.inputs >= 5_000 ? 100 : 15;
  const suspects: number[] = [];
  const startedMs = performance.now();
  let next = first;
  const tell = setInterval(() => {
    const perSec = Math.round(((next - first) / (performance.now() - startedMs)) * 1000);
    log(`${target}: ${next - first} of ${end - first}, ${perSec} a second`);
  }, TOLD_EVERY_MS);
  const work = async (worker: Worker) => {
    while (next < end && !signal.aborted) {
      const index = next++;
      const input = makeInput(seed, target, index, known);
      if ((await worker.run(input, { target, index }, faults)) !== null) suspects.push(index);
      if (index % sentinelEvery !== 0) continue;
      if ('kind' in input) await sentinels.dial(worker.socket, target);
      else await sentinels.callback(worker.webhook, target);
    }
  };
  try {
    await Promise.all(workers.map(work));
  } finally {
    clearInterval(tell);
  }
  signal.throwIfAborted();
  log(`${target}: ${end - first} inputs in ${Math.round((performance.now() - startedMs) / 1000)} s`);
  return suspects.length - (await repeatAlone(run, suspects.slice(0, MOST_REPEATED)));
}

/** On a busy machine anything is slow once, or gets no answer of a server: what is wrong is so each time, alone. */
async function repeatAlone(run: TargetRun, suspects: readonly number[]): Promise<number> {
  const { target, seed, known, faults, signal } = run;
  const [worker] = run.workers;
  let confirmed = 0;
  for (const index of suspects) {
    let doubt: Doubt | null = null;
    for (let again = 0; again < REPEATS && worker !== undefined; again++) {
      signal.throwIfAborted();
      const of = { target, index };
      doubt = await worker.run(makeInput(seed, target, index, known), of, createFuzzFaults(seed));
      if (doubt === null) break;
    }
    if (doubt === null) continue;
    confirmed += 1;
    faults.note(doubt.kind, { target, index }, doubt.detail);
  }
  return confirmed;
}
