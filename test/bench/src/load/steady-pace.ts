import { setTimeout as delay } from 'node:timers/promises';

const TICK_MS = 2;

/**
 * Does a piece of work at evenly spread moments, however late the last ones were: what falls behind is not asked less.
 * @returns how many were done
 */
export async function keepSteadyPace(
  { perSec, seconds }: { perSec: number; seconds: number },
  signal: AbortSignal,
  work: (index: number) => void,
): Promise<number> {
  const total = Math.max(1, Math.round(perSec * seconds));
  const startedMs = performance.now();
  for (let made = 0; made < total; ) {
    signal.throwIfAborted();
    const due = Math.min(total, Math.floor(((performance.now() - startedMs) / 1000) * perSec) + 1);
    for (; made < due; made++) work(made);
    await delay(TICK_MS, undefined, { signal });
  }
  return total;
}
