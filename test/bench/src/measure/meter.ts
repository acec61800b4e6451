import { readCpuMs } from './process-figures.ts';

/** What a piece of work took: by the clock, and of the measured processes' CPU. */
export interface Metered {
  wallMs: number;
  cpuMs: number;
}

/** Runs a piece of work and reads what it cost those processes, as the operating system counts it. */
export async function meter(pids: readonly number[], work: () => Promise<void>): Promise<Metered> {
  const cpuBefore = await readCpuMs(pids);
  const startedMs = performance.now();
  await work();
  const wallMs = performance.now() - startedMs;
  return { wallMs, cpuMs: (await readCpuMs(pids)) - cpuBefore };
}

/** Figures of `units` pieces: what one costs in CPU, how many a second were done, and how many one core could do. */
export function toUnitFigures({ wallMs, cpuMs }: Metered, units: number): { cpuUs: number; perSec: number } {
  return { cpuUs: (cpuMs * 1000) / units, perSec: (units * 1000) / wallMs };
}
