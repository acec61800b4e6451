import { createNames } from '@ramal/contracts';
import { withReleases } from '@ramal/devstack';
import { type Crowd, connectCrowd } from '../load/crowd.ts';
import { alternate, type Figures } from '../measure/alternate.ts';
import { meter, toUnitFigures } from '../measure/meter.ts';
import { waitUntilQuiet } from '../measure/wait-until-quiet.ts';
import type { SignInOptions } from '../options.ts';
import { toCrowdTenants } from './agents.ts';
import { openLab, type SpeedEnvironment } from './lab.ts';
import { openSocketSides, type SocketSide } from './socket-sides.ts';
import { figureOf, type SpeedReport, toGoal } from './speed-report.ts';

const HERD_AT_ONCE = 500;
const HERD_GOAL = { agents: 18_000, seconds: 10 };

/** What it costs to connect, authenticate, subscribe and be told where one stands; and how soon a cut herd is back. */
export function runSignIn(options: SignInOptions, environment: SpeedEnvironment): Promise<SpeedReport> {
  return withReleases(environment, async (releases) => {
    const { agents, herd, runs } = options;
    const { signal, log } = environment;
    const all = Math.max(agents, herd);
    const lab = await openLab(toCrowdTenants('ramal', all), ['ws-gateway'], environment, releases);
    const sides = await openSocketSides(lab, createNames(), all, releases);

    const measure = async (side: SocketSide): Promise<Figures> => {
      let crowd: Crowd | null = null;
      const metered = await meter([side.pid()], async () => {
        crowd = await connectCrowd(side.port(), side.dialects.slice(0, agents), () => undefined, signal);
      });
      (crowd as Crowd | null)?.cut();
      await waitUntilQuiet([side.pid()], signal);
      return toUnitFigures(metered, agents);
    };
    const figures = await alternate(
      sides.map((side) => ({ name: side.name, kind: side.kind, measure: () => measure(side) })),
      runs,
      environment,
    );
    const [ours] = sides;
    const herdMs = ours === undefined ? 0 : await cutHerd(ours, herd, environment);
    log(`${herd} agents were back ${Math.round(herdMs)} ms after they were cut`);
    const perAgentMs = herdMs / herd;
    const cpuOf = (name: string) => figureOf(figures, name, 'cpuUs');
    return {
      bench: 'sign-in',
      ok: true,
      options,
      unit: 'sign-in',
      figures: [
        { key: 'cpuUs', title: 'CPU a sign-in', unit: 'µs' },
        { key: 'perSec', title: 'sign-ins a second', unit: '1/s' },
      ],
      sides: figures,
      goals: [
        toGoal('CPU a sign-in over the floor’s', cpuOf('ramal') / cpuOf('floor'), { most: 3 }),
        toGoal(
          `seconds until ${HERD_GOAL.agents} agents are back${herd === HERD_GOAL.agents ? '' : `, reckoned from ${herd}`}`,
          (perAgentMs * HERD_GOAL.agents) / 1000,
          {
            most: HERD_GOAL.seconds,
          },
        ),
      ],
      notes: [`${herd} agents, all cut at one moment, were back after ${(herdMs / 1000).toFixed(1)} s`],
    };
  });
}

/** Cuts so many agents at one moment; how long it takes until every one of them is in again, ms. */
async function cutHerd(side: SocketSide, herd: number, { signal, log }: SpeedEnvironment): Promise<number> {
  const dialects = side.dialects.slice(0, herd);
  log(`connecting a herd of ${herd}`);
  const connect = () => connectCrowd(side.port(), dialects, () => undefined, signal, HERD_AT_ONCE);
  const before = await connect();
  await waitUntilQuiet([side.pid()], signal);
  const startedMs = performance.now();
  before.cut();
  const after = await connect();
  const tookMs = performance.now() - startedMs;
  after.cut();
  return tookMs;
}
