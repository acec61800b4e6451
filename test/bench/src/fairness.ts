import { setTimeout as delay } from 'node:timers/promises';
import { connectRedis } from '@ramal/bus';
import { createNames } from '@ramal/contracts';
import { type Releases, type RunEnvironment, withReleases } from '@ramal/devstack';
import { sleepUntil } from '@ramal/testkit';
import { type BenchAgent, connectBenchAgent } from './bench-agent.ts';
import { openBenchCtis, type Sickness } from './bench-ctis.ts';
import { type BenchTenant, startBenchSystem } from './bench-system.ts';
import { MEASURED_NODE_OPTIONS } from './measure/server-process.ts';
import type { FairnessOptions } from './options.ts';
import { type Percentiles, toMedian, toMedianInterval, toPercentiles, toRatio } from './percentiles.ts';

/** One part of a round: the dials of those companies alone whose CTI is always well. */
interface FairnessPart extends Percentiles {
  round: number;
  kind: 'well' | 'sick';
  /** Dials whose request never came. */
  missing: number;
}

export interface FairnessReport {
  bench: 'fairness';
  /** Every dial of a well company arrived. */
  ok: boolean;
  options: FairnessOptions;
  parts: FairnessPart[];
  /** All rounds together. */
  well: Percentiles;
  sick: Percentiles;
  /**
   * Sick over well, of all rounds together; and the median of each round's own, which a bad minute of the machine moves least,
   * with what it is between in 19 cases of 20.
   */
  ratio: { p50: number; p99: number; medianP99: number; medianP99Within: [least: number, most: number] };
  /** Dial frames that the gateway refused. */
  refused: number;
}

const SICKNESSES: readonly Sickness[] = ['mute', 'resetting', 'slow'];
/**
 * Until what dials is compiled, and what follows from a sick CTI too: else the parts that come first would be slower than those
 * they are compared with, and code compiled for the one kind would be thrown away at the first part of the other.
 */
const WARM_UP_SEC = 20;
/** A dial that was not sent by then never is (I2). */
const LAST_REQUEST_MS = 12_000;
/** Until what a part left behind is done: rows still to be written; and dials at sick CTIs, which take longest. */
const RESTS_MS: Record<FairnessPart['kind'], number> = { well: 5_000, sick: LAST_REQUEST_MS };
const TICK_MS = 5;
const REWRITE_WITHIN_MS = 30_000;

interface Sent {
  well: boolean;
  sentMs: number;
  tookMs?: number;
}

/** Two parts a round, with the same dials of all companies: all CTIs well, then some of them sick. */
export async function runFairness(
  options: FairnessOptions,
  environment: RunEnvironment,
): Promise<FairnessReport> {
  return withReleases(environment, (releases) => measure(options, environment, releases));
}

async function measure(
  options: FairnessOptions,
  environment: RunEnvironment,
  releases: Releases,
): Promise<FairnessReport> {
  const { log, signal } = environment;
  let dials = new Map<string, Sent>();
  const ctis = await openBenchCtis(options.sick, (number) => {
    const sent = dials.get(number);
    if (sent !== undefined) sent.tookMs ??= performance.now() - sent.sentMs;
  });
  releases.push(ctis.close);
  const tenants: BenchTenant[] = Array.from({ length: options.tenants }, (_, i) => ({
    tenant: `bench-${i + 1}`,
    port: (ctis.others[i] ?? ctis.well).port,
  }));
  const system = await startBenchSystem(tenants, environment, releases, {
    nodeOptions: MEASURED_NODE_OPTIONS,
  });
  const between = await openBetween(system.redisUrl, tenants, releases);
  const agents: BenchAgent[] = [];
  releases.push(async () => agents.forEach((agent) => agent.close()));
  for (const { tenant } of tenants) agents.push(await connectBenchAgent(system, tenant, signal));

  let lastNumber = 0;
  const play = async (seconds: number) => {
    const part = new Map<string, Sent>();
    dials = part;
    await keepPace(agents, options.perMinute, seconds, signal, (agent, index) => {
      lastNumber += 1;
      const to = `473${String(2_000_000 + (lastNumber % 1_000_000)).padStart(7, '0')}`;
      part.set(to, { well: index >= options.sick, sentMs: performance.now() });
      agent.dial(`bench-${lastNumber}`, to);
    });
    const measured = [...part.values()].filter(({ well }) => well);
    const untilMs = performance.now() + LAST_REQUEST_MS;
    while (measured.some(({ tookMs }) => tookMs === undefined) && performance.now() < untilMs) {
      await delay(50, undefined, { signal });
    }
    return measured;
  };

  const playPart = async (kind: FairnessPart['kind'], seconds: number) => {
    for (const [i, cti] of ctis.others.entries()) {
      cti.sickness = kind === 'sick' ? (SICKNESSES[i % SICKNESSES.length] ?? null) : null;
    }
    const measured = await play(seconds);
    for (const cti of ctis.others) cti.sickness = null;
    return measured;
  };
  // No part has to do what one before it left behind, and each begins with every CTI asked: what a sick one costs until its
  // breaker opens counts each time.
  const rest = async (after: FairnessPart['kind']) => {
    await delay(RESTS_MS[after], undefined, { signal });
    await between();
  };

  log(`${options.tenants} companies, ${options.sick} of them sick at times; warming up`);
  for (const kind of ['well', 'sick'] as const) {
    await playPart(kind, Math.min(WARM_UP_SEC, options.seconds));
    await rest(kind);
  }
  const parts: FairnessPart[] = [];
  const took: Record<FairnessPart['kind'], number[]> = { well: [], sick: [] };
  for (let round = 1; round <= options.rounds; round++) {
    // In turns, so that what else goes on on the machine meets both alike.
    const kinds: FairnessPart['kind'][] = round % 2 === 1 ? ['well', 'sick'] : ['sick', 'well'];
    for (const [turn, kind] of kinds.entries()) {
      const measured = await playPart(kind, options.seconds);
      const times = measured.flatMap(({ tookMs }) => (tookMs === undefined ? [] : [tookMs]));
      took[kind].push(...times);
      const part = { round, kind, ...toPercentiles(times), missing: measured.length - times.length };
      parts.push(part);
      log(`round ${round} ${kind}: p50 ${part.p50} ms, p99 ${part.p99} ms, missing ${part.missing}`);
      if (round < options.rounds || turn < kinds.length - 1) await rest(kind);
    }
  }
  return toReport(
    options,
    parts,
    took,
    agents.reduce((sum, agent) => sum + agent.refused(), 0),
  );
}

/** Calls `dial` for each agent at its own, evenly spread moments, however late the last ones were. */
async function keepPace(
  agents: readonly BenchAgent[],
  perMinute: number,
  seconds: number,
  signal: AbortSignal,
  dial: (agent: BenchAgent, index: number) => void,
): Promise<void> {
  const total = Math.floor((agents.length * perMinute * seconds) / 60);
  const everyMs = 60_000 / (perMinute * agents.length);
  // Neighbours in time are not neighbours in the list: the sick ones dial among the others.
  const scattered = (index: number) => (index * 0.618_034) % 1;
  const order = agents.map((_, index) => index).sort((a, b) => scattered(a) - scattered(b));
  const startedMs = performance.now();
  for (let made = 0; made < total; ) {
    signal.throwIfAborted();
    const due = Math.min(total, Math.floor((performance.now() - startedMs) / everyMs) + 1);
    for (; made < due; made++) {
      const index = order[made % agents.length] ?? 0;
      const agent = agents[index];
      if (agent !== undefined) dial(agent, index);
    }
    await delay(TICK_MS, undefined, { signal });
  }
}

/**
 * What is done between two parts: the breakers are forgotten, and Redis writes its log anew. By itself it would do that every
 * quarter of a minute at this pace, for a second each, in one part more often than in the other.
 */
async function openBetween(
  redisUrl: string,
  tenants: readonly BenchTenant[],
  releases: Releases,
): Promise<() => Promise<void>> {
  const quiet = { info: () => undefined, warn: () => undefined };
  const redis = await connectRedis({ url: redisUrl, role: 'commands', name: 'bench', log: quiet });
  releases.push(async () => redis.disconnect());
  await redis.config('SET', 'auto-aof-rewrite-percentage', '0');
  const names = createNames();
  return async () => {
    for (const { tenant } of tenants) {
      await redis.del(names.cti(tenant), names.ctisDown(names.partitionOf(tenant)));
    }
    await redis.bgrewriteaof();
    await sleepUntil(async () => (await redis.info('persistence')).includes('aof_rewrite_in_progress:0'), {
      timeoutMs: REWRITE_WITHIN_MS,
    });
  };
}

function toReport(
  options: FairnessOptions,
  parts: FairnessPart[],
  took: Record<FairnessPart['kind'], number[]>,
  refused: number,
): FairnessReport {
  const [well, sick] = [toPercentiles(took.well), toPercentiles(took.sick)];
  const p99Of = (round: number, kind: FairnessPart['kind']) =>
    parts.find((part) => part.round === round && part.kind === kind)?.p99 ?? 0;
  const ofRounds = Array.from({ length: options.rounds }, (_, i) =>
    toRatio(p99Of(i + 1, 'sick'), p99Of(i + 1, 'well')),
  );
  return {
    bench: 'fairness',
    ok: refused === 0 && parts.every(({ missing }) => missing === 0),
    options,
    parts,
    well,
    sick,
    ratio: {
      p50: toRatio(sick.p50, well.p50),
      p99: toRatio(sick.p99, well.p99),
      medianP99: toRatio(toMedian(ofRounds), 1),
      medianP99Within: toMedianInterval(ofRounds),
    },
    refused,
  };
}

/** For a person. */
export function renderFairness({ parts, well, sick, ratio }: FairnessReport): string {
  const row = (...cells: (string | number)[]) => cells.map((cell) => String(cell).padStart(9)).join('');
  return [
    row('round', 'CTIs', 'dials', 'p50 ms', 'p99 ms', 'max ms', 'missing'),
    ...parts.map(({ round, kind, count, p50, p99, max, missing }) =>
      row(round, kind, count, p50, p99, max, missing),
    ),
    row('all', 'well', well.count, well.p50, well.p99, well.max),
    row('all', 'sick', sick.count, sick.p50, sick.p99, sick.max),
    `p99 with sick CTIs over p99 without: ${ratio.p99}, median of the rounds ${ratio.medianP99} (${ratio.medianP99Within.join(' to ')}); p50: ${ratio.p50}`,
    '',
  ].join('\n');
}
