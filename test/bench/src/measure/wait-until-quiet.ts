import { setTimeout as delay } from 'node:timers/promises';
import { readCpuMs } from './process-figures.ts';

const LOOK_MS = 200;
/** Of one core: what a service does while nothing happens is less. */
const QUIET_SHARE = 0.15;
const PATIENCE_MS = 20_000;

/** Waits until processes have done what was left to do, so that it is not counted with what comes. */
export async function waitUntilQuiet(pids: readonly number[], signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  let before = await readCpuMs(pids);
  while (performance.now() < untilMs) {
    await delay(LOOK_MS, undefined, { signal });
    const after = await readCpuMs(pids);
    if (after - before <= LOOK_MS * QUIET_SHARE) return;
    before = after;
  }
}
