import { createNames } from '@ramal/contracts';
import { Redis } from 'ioredis';
import pg from 'pg';
import { withReleases } from '@ramal/devstack';
import type { BenchTenant } from '../bench-system.ts';
import { fillHistory } from '../load/fill-history.ts';
import { openHttpLoad } from '../load/http-load.ts';
import { createPopupPublisher } from '../load/popup-publisher.ts';
import type { Figures, SideFigures } from '../measure/alternate.ts';
import { meter, toUnitFigures } from '../measure/meter.ts';
import type { GrowthOptions } from '../options.ts';
import { toMedian } from '../percentiles.ts';
import { type CrowdAgent, toCrowdTenants } from './agents.ts';
import { drainHistory, EVENTS_A_CALL } from './drain-history.ts';
import { type Lab, openLab, type SpeedEnvironment } from './lab.ts';
import { openFanOut } from './open-fan-out.ts';
import { playCalls } from './play-calls.ts';
import { readTimes } from './read-times.ts';
import { openSocketSides } from './socket-sides.ts';
import { figureOf, type SpeedReport, toGoal } from './speed-report.ts';

const SIZES = [1, 4, 16] as const;
const LARGEST = 16;
const TOKEN = 'growth-callback-token-of-company-';
const PACE = { perSec: 2_000, ring: 20 };
const CONNECTIONS = 16;
const OPEN_AT_ONCE = 50;
/** The company whose history grows, and what is read of it. */
const READER = { tenant: 'ramal-1', user: 'agent', ramal: '3501' };
const FLAT = 1.15;
const COLD_RUNS = 3;

/** What a unit of work costs when there is more of everything around it: each cost should be the same. */
export function runGrowth(options: GrowthOptions, environment: SpeedEnvironment): Promise<SpeedReport> {
  return withReleases(environment, async (releases) => {
    const { signal, log } = environment;
    const { seconds, runs, rows } = options;
    const crowd = toCrowdTenants('ramal', options.agents * LARGEST);
    const companies: BenchTenant[] = Array.from({ length: options.tenants * LARGEST }, (_, i) => ({
      tenant: `company-${i + 1}`,
      port: 9,
      callbackToken: `${TOKEN}${i + 1}`,
    }));
    const lab = await openLab(
      [...crowd, ...companies],
      ['ws-gateway', 'webhook', 'history', 'api'],
      environment,
      releases,
    );
    const { system } = lab;
    const names = createNames();
    const redis = new Redis(system.redisUrl);
    releases.push(async () => redis.disconnect());
    const client = new pg.Client({ connectionString: system.databaseUrl });
    await client.connect();
    releases.push(() => client.end());
    const found = new Map<number, Record<string, number[]>>(SIZES.map((size) => [size, {}]));
    const keep = (size: number, figures: Figures) => {
      const kept = found.get(size) ?? {};
      for (const [figure, value] of Object.entries(figures)) (kept[figure] ??= []).push(value);
      log(`${size}×: ${JSON.stringify(figures)}`);
    };
    /** Runs that do not count, more of them before the first size, whose code is cold; then so many that do. */
    const repeat = async (size: number, measure: () => Promise<Figures>) => {
      for (let i = 0; runs > 1 && i < (size === 1 ? COLD_RUNS : 1); i++) await measure();
      for (let run = 0; run < runs; run++) keep(size, await measure());
    };
    let lost = 0;

    log('more agents');
    const [ours] = await openSocketSides(lab, names, options.agents * LARGEST, releases, { peers: false });
    for (const size of SIZES) {
      if (ours === undefined) break;
      const open = await openFanOut(ours, options.agents * size, environment);
      await repeat(size, async () => {
        const measured = await open.measure({ ...PACE, seconds });
        lost += measured.lost;
        return { agents: measured.figures['cpuUs'] ?? 0 };
      });
      open.cut();
    }

    const callbacks = await openCallbacks(lab, environment, seconds);
    releases.push(async () => callbacks.close());
    const agentsOf = (count: number): CrowdAgent[] =>
      companies.slice(0, count).map(({ tenant }) => ({ tenant, user: 'agent', ramal: '3501' }));
    log('more companies');
    const cpuOf = (size: number) => callbacks.cpuUs(agentsOf(options.tenants * size));
    for (let i = 0; runs > 1 && i < COLD_RUNS; i++) await cpuOf(LARGEST);
    // These can be measured in turns: nothing is left over from one size to the next.
    for (let run = 0; run < runs; run++) {
      for (const size of SIZES) keep(size, { tenants: await cpuOf(size) });
    }

    log('more open calls');
    const publisher = createPopupPublisher(redis, names);
    const measured = agentsOf(options.tenants);
    let openCalls = 0;
    for (const size of SIZES) {
      while (openCalls < options.openCalls * size) {
        signal.throwIfAborted();
        const published: Promise<void>[] = [];
        for (let i = 0; i < OPEN_AT_ONCE; i++) {
          const first = (openCalls + i) % measured.length;
          published.push(publisher.publish(measured.slice(first, first + 1)));
        }
        await Promise.all(published);
        openCalls += OPEN_AT_ONCE;
      }
      await repeat(size, async () => ({ openCalls: await callbacks.cpuUs(measured) }));
    }

    log('more history');
    let have = 0;
    for (const size of SIZES) {
      const wanted = Math.round((rows * size) / LARGEST);
      await fillHistory(client, { tenant: READER.tenant, agents: 20, have, rows: wanted, signal });
      have = wanted;
      await repeat(size, async () => {
        const pid = system.pidOf('history');
        const drained = await drainHistory({ redis, names, agents: measured, calls: options.calls, pid });
        const { cpuUs } = toUnitFigures(drained, options.calls * EVENTS_A_CALL);
        return { history: cpuUs, ...(await readTimes(system.api, client, READER.tenant, signal)) };
      });
    }
    return toReport(options, found, lost, callbacks.refused());
  });
}

async function openCallbacks({ system }: Lab, { signal }: SpeedEnvironment, seconds: number) {
  const load = await openHttpLoad(Number(new URL(system.webhookUrl).port), CONNECTIONS);
  let refused = 0;
  return {
    close: load.close,
    refused: () => refused,
    /** CPU of a callback about calls of these agents, µs. */
    async cpuUs(agents: readonly CrowdAgent[]): Promise<number> {
      let answered = 0;
      const tokenOf = (tenant: string) => `${TOKEN}${tenant.slice('company-'.length)}`;
      const metered = await meter([system.pidOf('webhook')], async () => {
        const played = await playCalls({ load, agents, tokenOf, connections: CONNECTIONS, seconds, signal });
        ({ answered } = played);
        refused += played.refused;
      });
      return toUnitFigures(metered, answered).cpuUs;
    },
  };
}

const FIGURES = [
  { key: 'agents', title: 'CPU a pop-up, by agents', unit: 'µs' },
  { key: 'tenants', title: 'CPU a callback, by companies', unit: 'µs' },
  { key: 'openCalls', title: 'CPU a callback, by open calls', unit: 'µs' },
  { key: 'history', title: 'CPU an event stored, by history rows', unit: 'µs' },
  { key: 'listMs', title: 'GET /v1/calls, by history rows', unit: 'ms' },
  { key: 'searchMs', title: 'GET /v1/calls?number=, by history rows', unit: 'ms' },
  { key: 'timelineMs', title: 'a timeline, by history rows', unit: 'ms' },
];
const READ = new Set(['listMs', 'searchMs', 'timelineMs']);

function toReport(
  options: GrowthOptions,
  found: ReadonlyMap<number, Record<string, number[]>>,
  lost: number,
  refused: number,
): SpeedReport {
  const sides: SideFigures[] = [...found].map(([size, runs]) => ({
    name: `${size}×`,
    kind: 'ramal',
    runs,
    medians: Object.fromEntries(Object.entries(runs).map(([figure, values]) => [figure, toMedian(values)])),
  }));
  return {
    bench: 'growth',
    ok: lost === 0 && refused === 0,
    options,
    unit: 'size',
    figures: FIGURES,
    sides,
    goals: FIGURES.map(({ key, title }) => {
      const grown = figureOf(sides, `${LARGEST}×`, key) / figureOf(sides, '1×', key);
      return toGoal(`${title}: 16× over 1×`, grown, { most: READ.has(key) ? 2 : FLAT });
    }),
    notes: [
      `1× is ${options.agents} agents, ${options.tenants} companies, ${options.openCalls} open calls and ${Math.round(options.rows / LARGEST)} calls of one company in the history`,
    ],
  };
}
