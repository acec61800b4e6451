import { randomBytes } from 'node:crypto';
import { createNames } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { withReleases } from '@ramal/devstack';
import { connectCrowd } from '../load/crowd.ts';
import type { Dialect } from '../load/crowd-socket.ts';
import { toBareDialect, toRamalDialect } from '../load/dialects.ts';
import { openHttpLoad } from '../load/http-load.ts';
import { keepSteadyPace } from '../load/steady-pace.ts';
import { alternate, type Figures } from '../measure/alternate.ts';
import { meter, toUnitFigures } from '../measure/meter.ts';
import type { EndToEndOptions } from '../options.ts';
import { toPercentiles } from '../percentiles.ts';
import { signCrowdTokens, toCrowdAgents, toCrowdTenants } from './agents.ts';
import { openLab, type SpeedEnvironment } from './lab.ts';
import { nextCaller, toCallbackPath } from './play-calls.ts';
import { figureOf, type SpeedReport, toGoal } from './speed-report.ts';

const LAST_MS = 20_000;
const CONNECTIONS = 64;
/** The far end's number, which no other call has, in whatever a side makes of it. */
const CALLER = /"(?:raw|origem)":"(473\d{7})"/;

/** From a callback's first byte to the agent's pop-up, at a steady pace: the whole way, over two processes. */
export function runEndToEnd(options: EndToEndOptions, environment: SpeedEnvironment): Promise<SpeedReport> {
  return withReleases(environment, async (releases) => {
    const { agents, perSec, seconds, runs } = options;
    const { signal } = environment;
    const token = randomBytes(32).toString('hex');
    const lab = await openLab(
      toCrowdTenants('ramal', agents, token),
      ['ws-gateway', 'webhook', 'history'],
      environment,
      releases,
    );
    const { system } = lab;
    const crowd = toCrowdAgents('ramal', agents);
    const tokens = await signCrowdTokens(crowd, system.secret);
    const sharded = `{floor}:${createNames().agentChannel('floor', '')}`;
    const sockets = await lab.fork('floors/fan-out-main', { REDIS_URL: system.redisUrl });
    const callbacks = await lab.fork('floors/callback-main', {
      REDIS_URL: system.redisUrl,
      STREAM: 'floor:events',
      CHANNEL_PREFIX: sharded,
    });
    let missing = 0;
    let refused = 0;

    const open = async (side: {
      name: string;
      kind: 'ramal' | 'floor';
      pids: readonly number[];
      socketPort: number;
      callbackPort: number;
      dialects: readonly Dialect[];
      pathOf(index: number, caller: string): string;
    }) => {
      const waiting = new Map<string, (nowMs: number) => void>();
      const { cut } = await connectCrowd(
        side.socketPort,
        side.dialects,
        (bytes, from, to) => {
          const text = bytes.toString('latin1', from, to);
          if (!text.includes('"op":"popup.show"')) return;
          const caller = CALLER.exec(text)?.[1] ?? '';
          waiting.get(caller)?.(performance.now());
          waiting.delete(caller);
        },
        signal,
      );
      releases.push(async () => cut());
      const load = await openHttpLoad(side.callbackPort, CONNECTIONS);
      releases.push(async () => load.close());
      const measure = async (): Promise<Figures> => {
        const took: number[] = [];
        let sent = 0;
        const metered = await meter(side.pids, async () => {
          sent = await keepSteadyPace({ perSec, seconds }, signal, (index) => {
            const caller = nextCaller();
            const sentMs = performance.now();
            waiting.set(caller, (nowMs) => took.push(nowMs - sentMs));
            void load.get(side.pathOf(index % agents, caller)).then((status) => {
              if (status !== 200) refused += 1;
            });
          });
          await sleepUntil(() => took.length >= sent, { timeoutMs: LAST_MS, everyMs: 10 }).catch(
            () => undefined,
          );
        });
        missing += sent - took.length;
        const { p50, p99 } = toPercentiles(took);
        return { p99Ms: p99, p50Ms: p50, ...toUnitFigures(metered, sent) };
      };
      return { name: side.name, kind: side.kind, measure };
    };
    const tokenOf = (tenant: string) => `${token}${tenant.slice(tenant.lastIndexOf('-') + 1)}`;
    const sides = [
      await open({
        name: 'ramal',
        kind: 'ramal',
        pids: [system.pidOf('ws-gateway'), system.pidOf('webhook'), system.pidOf('history')],
        socketPort: Number(new URL(system.gatewayUrl).port),
        callbackPort: Number(new URL(system.webhookUrl).port),
        dialects: tokens.map(toRamalDialect),
        pathOf(index, caller) {
          const { tenant = '', ramal = '' } = crowd[index] ?? {};
          return toCallbackPath(tokenOf(tenant), 'incoming', caller, ramal);
        },
      }),
      await open({
        name: 'floor',
        kind: 'floor',
        pids: [sockets.pid, callbacks.pid],
        socketPort: sockets.port,
        callbackPort: callbacks.port,
        dialects: crowd.map((_, index) => toBareDialect(`${sharded}${index}`)),
        pathOf: (index, caller) => toCallbackPath('floor', 'incoming', caller, String(index)),
      }),
    ];
    const figures = await alternate(sides, runs, environment);
    const of = (name: string, figure: string) => figureOf(figures, name, figure);
    return {
      bench: 'end-to-end',
      ok: missing === 0 && refused === 0,
      options,
      unit: 'callback',
      figures: [
        { key: 'p99Ms', title: `p99 from callback to pop-up at ${perSec}/s`, unit: 'ms' },
        { key: 'p50Ms', title: 'p50', unit: 'ms' },
        { key: 'cpuUs', title: 'CPU of all processes a callback', unit: 'µs' },
      ],
      sides: figures,
      goals: [toGoal('p99 over the floor’s', of('ramal', 'p99Ms') / of('floor', 'p99Ms'), { most: 2 })],
      notes: [`${missing} pop-ups missing, ${refused} callbacks refused; history stores them meanwhile`],
    };
  });
}
