import { createNames } from '@ramal/contracts';
import { withReleases } from '@ramal/devstack';
import { alternate } from '../measure/alternate.ts';
import type { FanOutOptions } from '../options.ts';
import { toCrowdTenants } from './agents.ts';
import { openFanOut } from './open-fan-out.ts';
import { openLab, type SpeedEnvironment } from './lab.ts';
import { openSocketSides, type SocketSide } from './socket-sides.ts';
import { figureOf, type SpeedReport, toGoal } from './speed-report.ts';

/** What a pop-up costs the process that has the agents' sockets, from Redis to the socket, at a steady pace. */
export function runFanOut(options: FanOutOptions, environment: SpeedEnvironment): Promise<SpeedReport> {
  return withReleases(environment, async (releases) => {
    const { agents, perSec, ring, seconds, runs } = options;
    const { log } = environment;
    const tenants = toCrowdTenants('ramal', agents);
    const lab = await openLab(tenants, ['ws-gateway'], environment, releases);
    const sides = await openSocketSides(lab, createNames(), agents, releases);
    let missing = 0;
    const open = async (side: SocketSide) => {
      log(`connecting ${agents} agents to ${side.name}`);
      const crowd = await openFanOut(side, agents, environment);
      releases.push(async () => crowd.cut());
      const measure = async () => {
        const { figures, lost } = await crowd.measure({ perSec, ring, seconds });
        missing += lost;
        return figures;
      };
      return { name: side.name, kind: side.kind, measure };
    };
    const measured = [];
    for (const side of sides) measured.push(await open(side));
    const figures = await alternate(measured, runs, environment);
    const cpuOf = (name: string) => figureOf(figures, name, 'cpuUs');
    return {
      bench: 'fan-out',
      ok: missing === 0,
      options,
      unit: 'pop-up',
      figures: [
        { key: 'cpuUs', title: 'CPU a pop-up', unit: 'µs' },
        { key: 'perSec', title: 'pop-ups a second', unit: '1/s' },
      ],
      sides: figures,
      goals: [
        toGoal('CPU a pop-up over the floor’s', cpuOf('ramal') / cpuOf('floor'), { most: 1.15 }),
        toGoal('CPU a pop-up over Socket.IO’s', cpuOf('ramal') / cpuOf('socket.io'), { most: 0.5 }),
      ],
      notes: [`${agents} agents a side, ${missing} pop-ups missing`],
    };
  });
}
