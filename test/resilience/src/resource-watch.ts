import type { InstanceName, Stack } from '@ramal/devstack';
import { readMemory } from './process-memory.ts';
import { readMetrics } from './read-metric.ts';

/** What one process held at a moment. */
interface ResourceSample {
  atMs: number;
  rssBytes: number;
  /** Without what V8 keeps of the heap and does not use; undefined where the process did not say. */
  usedBytes?: number;
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
  rssMbAnHour: number;
  /** The least it used in each three minutes: what lives, and little of what is garbage already. */
  usedMb: number;
  usedMbAnHour: number;
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
/** V8's young generation is between 3 and 48 MB large, as it goes, and what it lets go of is given back late. */
const MOST_SWING_BYTES = 64 * 1024 * 1024;
/** In so long the garbage of a busy process is collected at least once. */
const BUCKET_MS = 3 * 60_000;
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
    const unusedBytes = await readUnused(stack, instance);
    const life = lives.get(pid) ?? { instance, pid, samples: [] };
    life.samples.push({
      atMs: performance.now(),
      ...held,
      ...(unusedBytes === null ? {} : { usedBytes: held.rssBytes - unusedBytes }),
    });
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
  const used = toLine(toLeast(second, halfMs, spanMs));
  const gains = (line: Line, mostBytes: number) =>
    line.slope * spanMs > Math.max(mostBytes, line.mean * MOST_GAIN);
  return {
    instance,
    minutes: Math.round((last.atMs - first.atMs) / 6000) / 10,
    rssMb: toMb(rss.mean),
    rssMbAnHour: toMb(rss.slope * HOUR_MS),
    usedMb: toMb(used.mean),
    usedMbAnHour: toMb(used.slope * HOUR_MS),
    descriptors: Math.round(descriptors.mean),
    descriptorsAnHour: Math.round(descriptors.slope * HOUR_MS),
    flat:
      !gains(used, MOST_GAIN_BYTES) &&
      !gains(rss, MOST_SWING_BYTES) &&
      descriptors.slope * spanMs <= MOST_DESCRIPTORS,
  };
}

/** What V8 holds of the heap and does not use. */
async function readUnused(stack: Pick<Stack, 'dev'>, instance: InstanceName): Promise<number | null> {
  const read = await readMetrics(stack, instance).catch(() => null);
  const [total, used] = [read?.('nodejs_heap_size_total_bytes'), read?.('nodejs_heap_size_used_bytes')];
  return total === undefined || used === undefined ? null : total - used;
}

/** Of each three minutes or so the least that was used, at their middle. */
function toLeast(samples: readonly ResourceSample[], fromMs: number, spanMs: number): [number, number][] {
  const count = Math.max(2, Math.floor(spanMs / BUCKET_MS));
  const least = new Map<number, number>();
  for (const { atMs, rssBytes, usedBytes = rssBytes } of samples) {
    const bucket = Math.min(count - 1, Math.floor(((atMs - fromMs) / spanMs) * count));
    least.set(bucket, Math.min(usedBytes, least.get(bucket) ?? usedBytes));
  }
  return [...least].map(([bucket, bytes]) => [fromMs + ((bucket + 0.5) / count) * spanMs, bytes]);
}

const toMb = (bytes: number) => Math.round(bytes / 1024 / 1024);

interface Line {
  slope: number;
  mean: number;
}

/** The straight line through some points that misses them least. */
function toLine(points: readonly (readonly [x: number, y: number])[]): Line {
  const n = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const mean = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const above = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - mean), 0);
  const below = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return { slope: below === 0 ? 0 : above / below, mean };
}
