import type { InstanceName, Stack } from '@ramal/devstack';
import { readMemory } from './process-memory.ts';

/** What one process held at a moment. */
interface ResourceSample {
  atMs: number;
  rssBytes: number;
  descriptors: number;
}

/** The life of one process, from its start to its death, as far as it was looked at. */
export interface ProcessLife {
  instance: InstanceName;
  pid: number;
  samples: ResourceSample[];
}

/** Looks at what every process holds, now and then. */
export interface ResourceWatch {
  lives(): readonly ProcessLife[];
  stop(): void;
}

export interface LifeVerdict {
  instance: InstanceName;
  minutes: number;
  rssMb: number;
  /** What it would gain in an hour at the pace of the second half of its life. */
  mbAnHour: number;
  descriptors: number;
  descriptorsAnHour: number;
  flat: boolean;
}

const EVERY_MS = 5000;
/** A process this young still warms up: code is compiled, two minutes of callbacks are remembered, the heap finds its size. */
export const LEAST_LIFE_MS = 10 * 60_000;
/** Over the second half of its life a process may gain so much, for the load is not the same at both ends. */
const MOST_GAIN = 0.1;
const MOST_GAIN_BYTES = 24 * 1024 * 1024;
const MOST_DESCRIPTORS = 20;
const HOUR_MS = 3_600_000;

export function watchResources(
  stack: Pick<Stack, 'dev'>,
  instances: readonly InstanceName[],
  everyMs = EVERY_MS,
): ResourceWatch {
  const lives = new Map<number, ProcessLife>();
  const look = async (instance: InstanceName) => {
    const pid = stack.dev.services[instance]?.pid;
    const held = pid === undefined ? null : await readMemory(pid);
    if (pid === undefined || held === null) return;
    const life = lives.get(pid) ?? { instance, pid, samples: [] };
    life.samples.push({ atMs: performance.now(), ...held });
    lives.set(pid, life);
  };
  const timer = setInterval(() => void Promise.all(instances.map(look)), everyMs);
  return { lives: () => [...lives.values()], stop: () => clearInterval(timer) };
}

/** Whether a process holds ever more; null where it did not live long enough to say. */
export function judgeLife({ instance, samples }: ProcessLife): LifeVerdict | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.atMs - first.atMs < LEAST_LIFE_MS) return null;
  const halfMs = (first.atMs + last.atMs) / 2;
  const second = samples.filter(({ atMs }) => atMs >= halfMs);
  const spanMs = last.atMs - halfMs;
  const rss = toLine(second.map(({ atMs, rssBytes }) => [atMs, rssBytes]));
  const descriptors = toLine(second.map(({ atMs, descriptors: open }) => [atMs, open]));
  const gained = rss.slope * spanMs;
  return {
    instance,
    minutes: Math.round((last.atMs - first.atMs) / 6000) / 10,
    rssMb: Math.round(rss.mean / 1024 / 1024),
    mbAnHour: Math.round((rss.slope * HOUR_MS) / 1024 / 1024),
    descriptors: Math.round(descriptors.mean),
    descriptorsAnHour: Math.round(descriptors.slope * HOUR_MS),
    flat:
      gained <= Math.max(MOST_GAIN_BYTES, rss.mean * MOST_GAIN) &&
      descriptors.slope * spanMs <= MOST_DESCRIPTORS,
  };
}

/** The straight line through some points that misses them least. */
function toLine(points: readonly (readonly [x: number, y: number])[]): { slope: number; mean: number } {
  const n = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const mean = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const above = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - mean), 0);
  const below = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return { slope: below === 0 ? 0 : above / below, mean };
}
