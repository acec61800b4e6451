import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HealthCheck } from './ops-server.ts';

/** The mean delay of the event loop, in ms, above which a process only pretends to work. */
const STALLED_MS = 1_000;
const RESOLUTION_MS = 50;

/** Liveness of the loop itself: it crawls when the mean delay since the last look is above a second. */
export function createEventLoopCheck(): HealthCheck & { stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  return {
    name: 'event loop',
    check() {
      // NaN when nothing was measured yet.
      const meanMs = delay.mean / 1e6;
      delay.reset();
      return meanMs > STALLED_MS ? `runs ${Math.round(meanMs)} ms late` : null;
    },
    stop: () => void delay.disable(),
  };
}
