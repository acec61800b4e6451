import { createNames } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { withReleases } from '../bench-system.ts';
import { connectCrowd } from '../load/crowd.ts';
import { keepSteadyPace } from '../load/steady-pace.ts';
import { alternate, type Figures } from '../measure/alternate.ts';
import { meter, toUnitFigures } from '../measure/meter.ts';
import type { FanOutOptions } from '../options.ts';
import { type CrowdAgent, toCrowdTenants } from './agents.ts';
import { openLab, type SpeedEnvironment } from './lab.ts';
import { openSocketSides, type SocketSide } from './socket-sides.ts';
import { figureOf, type SpeedReport, toGoal } from './speed-report.ts';

const LAST_MS = 20_000;
/** A pop-up is longer than this, whatever else comes is shorter. */
const POPUP_BYTES = 300;
/** Of the gateway's own making, such as a claim: no pop-up. */
const isPopup = (from: number, to: number) => to - from > POPUP_BYTES;

/** What a pop-up costs the process that has the agents' sockets, from Redis to the socket, at a steady pace. */
export function runFanOut(options: FanOutOptions, environment: SpeedEnvironment): Promise<SpeedReport> {
  return withReleases(environment, async (releases) => {
    const { agents, perSec, ring, seconds, runs } = options;
    const { signal, log } = environment;
    const tenants = toCrowdTenants('ramal', agents);
    const lab = await openLab(tenants, ['ws-gateway'], environment, releases);
    const sides = await openSocketSides(lab, createNames(), agents, releases);
    let missing = 0;

    const open = async (side: SocketSide) => {
      log(`connecting ${agents} agents to ${side.name}`);
      let arrived = 0;
      const crowd = await connectCrowd(
        side.port(),
        side.dialects,
        (_bytes, from, to) => {
          if (isPopup(from, to)) arrived += 1;
        },
        signal,
      );
      releases.push(async () => crowd.cut());
      const groups = toRingGroups(side.agents, ring);
      const measure = async (): Promise<Figures> => {
        arrived = 0;
        let sent = 0;
        const metered = await meter([side.pid()], async () => {
          const published: Promise<void>[] = [];
          const calls = await keepSteadyPace({ perSec: perSec / groups.size, seconds }, signal, (index) => {
            published.push(side.publish(groups.of(index)));
          });
          await Promise.all(published);
          sent = calls * groups.size;
          await sleepUntil(() => arrived >= sent, { timeoutMs: LAST_MS, everyMs: 5 }).catch(() => undefined);
        });
        missing += Math.max(0, sent - arrived);
        return toUnitFigures(metered, sent);
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

/** The agents in groups of one company each, whose phones ring together. */
function toRingGroups(agents: readonly CrowdAgent[], ring: number) {
  const tenants = [...new Set(agents.map(({ tenant }) => tenant))];
  const byTenant = tenants.map((tenant) => agents.filter((agent) => agent.tenant === tenant));
  const size = Math.min(ring, ...byTenant.map((members) => members.length));
  return {
    size,
    of(index: number): CrowdAgent[] {
      const members = byTenant[index % byTenant.length] ?? [];
      const first = Math.floor(index / byTenant.length) * size;
      return Array.from({ length: size }, (_, i) => members[(first + i) % members.length]).filter(
        (agent) => agent !== undefined,
      );
    },
  };
}
