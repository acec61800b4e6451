import { randomBytes } from 'node:crypto';
import { sleepUntil } from '@ramal/testkit';
import { openBenchCtis } from '../bench-ctis.ts';
import { withReleases } from '@ramal/devstack';
import { AGENT, type BenchTenant } from '../bench-system.ts';
import { connectCrowd } from '../load/crowd.ts';
import { toBareDialect, toRamalDialect } from '../load/dialects.ts';
import { keepSteadyPace } from '../load/steady-pace.ts';
import { alternate, type Figures } from '../measure/alternate.ts';
import { meter, toUnitFigures } from '../measure/meter.ts';
import type { DialOptions } from '../options.ts';
import { toPercentiles } from '../percentiles.ts';
import { type CrowdAgent, signCrowdTokens } from './agents.ts';
import { openLab, type SpeedEnvironment } from './lab.ts';
import { figureOf, type SpeedReport, toGoal } from './speed-report.ts';

const LAST_MS = 12_000;
/** A company's CTI may be asked at its most: what it could take is not what is measured. */
const SETTINGS = {
  maxConcurrentDials: 200,
  maxDialsPerSecond: 200,
  dialLimits: { agentPerMinute: 1e6, agentPerHour: 1e6, tenantPerMinute: 1e6, tenantPerHour: 1e6 },
};
/** Agents dial faster than people do. */
const GATEWAY_ENV = { GATEWAY_MESSAGES_PER_SEC: '1000' };

/** The way of a dial, from the agent's frame to the request at the CTI: how many a second, and how long one takes. */
export function runDial(options: DialOptions, environment: SpeedEnvironment): Promise<SpeedReport> {
  return withReleases(environment, async (releases) => {
    const { agents, perSec, seconds, runs } = options;
    const { signal } = environment;
    const arrivals = new Map<string, () => void>();
    const ctis = await openBenchCtis(0, (number) => {
      arrivals.get(number)?.();
      arrivals.delete(number);
    });
    releases.push(ctis.close);
    const tenants: BenchTenant[] = Array.from({ length: agents }, (_, i) => ({
      tenant: `ramal-${i + 1}`,
      port: ctis.well.port,
    }));
    const lab = await openLab(tenants, ['ws-gateway', 'dialer'], environment, releases, {
      settings: SETTINGS,
      gatewayEnv: GATEWAY_ENV,
    });
    const { system } = lab;
    const floor = await lab.fork('floors/dial-main', {
      REDIS_URL: system.redisUrl,
      CTI_URL: `http://127.0.0.1:${ctis.well.port}/api/clicktodial`,
    });
    const crowd: CrowdAgent[] = tenants.map(({ tenant }) => ({ tenant, ...AGENT }));
    const tokens = await signCrowdTokens(crowd, system.secret);
    const run = randomBytes(4).toString('hex');
    let last = 0;
    let missing = 0;

    const open = async (
      name: string,
      kind: 'ramal' | 'floor',
      pids: readonly number[],
      port: number,
      dialects: Parameters<typeof connectCrowd>[1],
    ) => {
      const { sockets, cut } = await connectCrowd(port, dialects, () => undefined, signal);
      releases.push(async () => cut());
      const dial = (index: number): Promise<void> => {
        last += 1;
        const to = `473${String(1_000_000 + (last % 9_000_000)).padStart(7, '0')}`;
        const intentId = `${run}-${last}`;
        sockets[index]?.send(JSON.stringify({ op: 'dial', id: intentId, data: { intentId, to } }));
        return new Promise((arrived) => arrivals.set(to, arrived));
      };
      const measure = async (): Promise<Figures> => {
        let done = 0;
        // Each agent dials again as soon as the CTI was asked.
        const flatOut = await meter(pids, async () => {
          const untilMs = performance.now() + seconds * 1000;
          const work = async (index: number) => {
            while (performance.now() < untilMs) {
              signal.throwIfAborted();
              await inTime(dial(index));
              done += 1;
            }
          };
          await Promise.all(sockets.map((_, index) => work(index)));
        });
        const took: number[] = [];
        const sent = await keepSteadyPace({ perSec, seconds }, signal, (index) => {
          const sentMs = performance.now();
          void dial(index % sockets.length).then(() => took.push(performance.now() - sentMs));
        });
        await sleepUntil(() => took.length >= sent, { timeoutMs: LAST_MS, everyMs: 10 }).catch(
          () => undefined,
        );
        missing += sent - took.length;
        const { p50, p99 } = toPercentiles(took);
        return { ...toUnitFigures(flatOut, done), p50Ms: p50, p99Ms: p99 };
      };
      return { name, kind, measure };
    };
    const sides = [
      await open(
        'ramal',
        'ramal',
        [system.pidOf('ws-gateway'), system.pidOf('dialer')],
        Number(new URL(system.gatewayUrl).port),
        tokens.map(toRamalDialect),
      ),
      await open(
        'floor',
        'floor',
        [floor.pid],
        floor.port,
        crowd.map(({ tenant }) => toBareDialect(tenant)),
      ),
    ];
    const figures = await alternate(sides, runs, environment);
    const of = (name: string, figure: string) => figureOf(figures, name, figure);
    return {
      bench: 'dial',
      ok: missing === 0,
      options,
      unit: 'dial',
      figures: [
        { key: 'perSec', title: 'dials a second, flat out', unit: '1/s' },
        { key: 'cpuUs', title: 'CPU a dial', unit: 'µs' },
        { key: 'p50Ms', title: `p50 at ${perSec}/s`, unit: 'ms' },
        { key: 'p99Ms', title: `p99 at ${perSec}/s`, unit: 'ms' },
      ],
      sides: figures,
      goals: [
        toGoal('dials a second over the floor’s', of('ramal', 'perSec') / of('floor', 'perSec'), {
          least: 0.8,
        }),
        toGoal(`p99 at ${perSec}/s over the floor’s`, of('ramal', 'p99Ms') / of('floor', 'p99Ms'), {
          most: 2,
        }),
      ],
      notes: [`${missing} dials never reached the CTI`],
    };
  });
}

/** Nobody waits for ever for a dial that was lost. */
async function inTime(arrived: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`a dial did not reach the CTI in ${LAST_MS} ms`)), LAST_MS);
  });
  try {
    await Promise.race([arrived, late]);
  } finally {
    clearTimeout(timer);
  }
}
