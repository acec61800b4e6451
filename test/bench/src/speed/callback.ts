import { randomBytes } from 'node:crypto';
import { withReleases } from '@ramal/devstack';
import { openHttpLoad } from '../load/http-load.ts';
import { alternate, type Figures } from '../measure/alternate.ts';
import { meter, toUnitFigures } from '../measure/meter.ts';
import type { CallbackOptions } from '../options.ts';
import { toCrowdAgents, toCrowdTenants } from './agents.ts';
import { playCalls } from './play-calls.ts';
import { openLab, type SpeedEnvironment } from './lab.ts';
import { figureOf, type SpeedReport, toGoal } from './speed-report.ts';

const AGENTS = 400;

/** How many callbacks one core takes: calls of three callbacks each, over connections that always have one under way. */
export function runCallback(options: CallbackOptions, environment: SpeedEnvironment): Promise<SpeedReport> {
  return withReleases(environment, async (releases) => {
    const { connections, seconds, runs } = options;
    const { signal } = environment;
    const token = randomBytes(32).toString('hex');
    const lab = await openLab(toCrowdTenants('ramal', AGENTS, token), ['webhook'], environment, releases);
    const { system } = lab;
    const floor = await lab.fork('floors/callback-main', {
      REDIS_URL: system.redisUrl,
      STREAM: 'floor:events',
    });
    const agents = toCrowdAgents('ramal', AGENTS);
    const tokenOf = (tenant: string) => `${token}${tenant.slice(tenant.lastIndexOf('-') + 1)}`;
    let refused = 0;

    const open = async (name: string, kind: 'ramal' | 'floor', port: number, pid: number) => {
      const load = await openHttpLoad(port, connections);
      releases.push(async () => load.close());
      const measure = async (): Promise<Figures> => {
        let done = 0;
        const metered = await meter([pid], async () => {
          const played = await playCalls({ load, agents, tokenOf, connections, seconds, signal });
          done = played.answered;
          refused += played.refused;
        });
        return toUnitFigures(metered, done);
      };
      return { name, kind, measure };
    };
    const sides = [
      await open('ramal', 'ramal', Number(new URL(system.webhookUrl).port), system.pidOf('webhook')),
      await open('floor', 'floor', floor.port, floor.pid),
    ];
    const figures = await alternate(sides, runs, environment);
    const of = (name: string, figure: string) => figureOf(figures, name, figure);
    return {
      bench: 'callback',
      ok: refused === 0,
      options,
      unit: 'callback',
      figures: [
        { key: 'perSec', title: 'callbacks a second', unit: '1/s' },
        { key: 'cpuUs', title: 'CPU a callback', unit: 'µs' },
      ],
      sides: figures,
      goals: [
        toGoal('callbacks a second over the floor’s', of('ramal', 'perSec') / of('floor', 'perSec'), {
          least: 0.75,
        }),
        toGoal('the floor’s CPU a callback over ours', of('floor', 'cpuUs') / of('ramal', 'cpuUs'), {
          least: 0.75,
        }),
      ],
      notes: [`${refused} callbacks were not answered with 2xx`],
    };
  });
}
