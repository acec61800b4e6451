import type { InstanceName } from '@ramal/devstack';

/** Where a dialer can be made to die, in the order in which a dial passes (`RAMAL_FAILPOINTS`). */
const FAILPOINTS = [
  'before_claim',
  'after_claim',
  'before_connect',
  'after_connect',
  'before_sent',
  'after_sent',
  'after_first_byte',
  'before_answer',
  'after_answer',
  'before_settle',
  'after_settle',
  'before_job_done',
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

/** A stretch of the run with its own way to die. */
export interface KillPhase {
  name: string;
  /** Dealt out to the dialers in turn; none where they are killed from outside, at any moment. */
  points: readonly Failpoint[];
  /** Nobody is killed: what is wrong is something else. */
  calm?: boolean;
  /** What a dialer has in its environment besides, by its place in the row. */
  env?: (index: number) => Record<string, string>;
  /** How the CTIs are meanwhile; default: at random, as `createCtiWeather` has it. */
  weather?: 'changing' | 'well' | 'sick';
  /** Clicks a second at most: where times are compared, the machine shall not be what is waited for. */
  mostPerSec?: number;
}

/** At each point in turn, and then at any moment. */
export const ALL_PHASES: readonly KillPhase[] = [
  ...FAILPOINTS.map((point) => ({ name: point, points: [point] })),
  { name: 'any_moment', points: [] },
];

/** About so many deaths a phase at least, and so many in a long one: few enough that most of the time a dialer lives. */
const DEATHS = 15;
const LEAST_PROBABILITY = 0.008;
const MOST_PROBABILITY = 0.15;

/** Which point each dialer dies at in this phase. */
export function toPointOf(phase: KillPhase, dialers: readonly InstanceName[]): Map<InstanceName, Failpoint> {
  return new Map(
    dialers.flatMap((dialer, i) => {
      const point = phase.points[i % phase.points.length];
      return point === undefined ? [] : [[dialer, point] as const];
    }),
  );
}

/** What a dialer has in its environment to die there now and then. */
export function toFailpointEnv(point: Failpoint | undefined, intents: number): Record<string, string> {
  if (point === undefined) return {};
  const probability = Math.min(MOST_PROBABILITY, Math.max(LEAST_PROBABILITY, DEATHS / intents));
  return { RAMAL_FAILPOINTS: `dialer.${point}=kill:${probability.toFixed(4)}` };
}
