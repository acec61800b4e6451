import type { Names } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { loadScript } from './load-script.ts';

/** What a CTI is asked to bear. */
export interface CtiLimits {
  /** Most dials under way at it, by all dialers together. */
  readonly maxConcurrentDials: number;
  /** Its pace in the long run; twice as many may come at once after a rest. */
  readonly maxDialsPerSecond: number;
}

export interface CtiQuestion {
  /** Names the place; a new one for each question. */
  fence: string;
  /** It was told to wait before: its turn has come, so that nobody new goes first. */
  waited: boolean;
  /** An earlier attempt of the same dial was counted: the retries of one dial or two alone say little about a CTI. */
  again: boolean;
  /** Until the dial's deadline, in ms: who can't get a turn before it keeps nobody else waiting. */
  leftMs: number;
  limits: CtiLimits;
}

/**
 * `in`: ask the CTI, then `leave`. `wait`: ask again in so many ms, no sooner. `down`: it is not asked before `untilMs`
 * (epoch, Redis time), and then by one dial first.
 */
export type CtiEntry = { kind: 'in' } | { kind: 'wait'; ms: number } | { kind: 'down'; untilMs: number };

/**
 * How a dial went for the CTI: `failed` where it can't be reached, says nothing, breaks off or has an error of its own;
 * `ok` for any other answer; `neutral` where it was not asked, or not for a reason of its own.
 */
export type CtiOutcome = 'ok' | 'failed' | 'neutral';

/** What `leave` did to the breaker. */
export type BreakerMove = 'opened' | 'closed' | 'unchanged';

/**
 * The gate in front of each tenant's CTI, one for all dialers: places, pace and a circuit breaker, by Redis' clock.
 *
 * A place that its dialer does not give back (it was killed) comes free when its lease runs out. The breaker opens after
 * five attempts in a row that failed, of three dials at least; from then on the CTI is not asked for ten seconds. After that
 * one dial at a time is let in, only when somebody dials: a good one closes the breaker, a bad one opens it for twice as long,
 * a minute at most.
 */
export interface CtiGate {
  enter(tenant: string, question: CtiQuestion): Promise<CtiEntry>;
  /** Does nothing for a place that ran out or was given back. */
  leave(tenant: string, fence: string, outcome: CtiOutcome): Promise<BreakerMove>;
}

export interface CtiGateTimes {
  /** How long a place lasts that is not given back: longer than any dial. */
  leaseMs: number;
  /** How long the breaker stays open at first, and at most. */
  shortestMs: number;
  longestMs: number;
  /** For how long a CTI that nobody dials by is remembered to be down. */
  keepMs: number;
}

const TIMES: CtiGateTimes = {
  leaseMs: 15_000,
  shortestMs: 10_000,
  longestMs: 60_000,
  keepMs: 10 * 60_000,
};
const MOST_FAILURES = 5;
const OF_DIALS = 3;
/** However fast a CTI is, those who wait for it come back no more often than this together. */
const STEP_MS = 20;

export function createCtiGate(redis: Redis, names: Names, times: Partial<CtiGateTimes> = {}): CtiGate {
  const { leaseMs, shortestMs, longestMs, keepMs } = { ...TIMES, ...times };
  const enter = loadScript(redis, 'cti-enter');
  const leave = loadScript(redis, 'cti-leave');
  const keysOf = (tenant: string) => [names.cti(tenant), names.ctisDown(names.partitionOf(tenant))];
  return {
    async enter(tenant, { fence, waited, again, leftMs, limits }) {
      const ask = {
        tenant,
        fence,
        waited,
        again,
        leftMs,
        maxDials: limits.maxConcurrentDials,
        perSecond: limits.maxDialsPerSecond,
        leaseMs,
        keepMs,
        stepMs: STEP_MS,
      };
      const [kind, ms] = (await enter(keysOf(tenant), [JSON.stringify(ask)])) as [CtiEntry['kind'], string];
      switch (kind) {
        case 'in':
          return { kind };
        case 'wait':
          return { kind, ms: Number(ms) };
        case 'down':
          return { kind, untilMs: Number(ms) };
      }
    },
    async leave(tenant, fence, outcome) {
      const went = {
        tenant,
        fence,
        outcome,
        mostFailures: MOST_FAILURES,
        ofDials: OF_DIALS,
        shortestMs,
        longestMs,
        keepMs,
      };
      const [move] = (await leave(keysOf(tenant), [JSON.stringify(went)])) as [BreakerMove, string];
      return move;
    },
  };
}

/** Reads which tenants' CTIs are down, those of all partitions at once: on a cluster they lie on several servers. */
export function createDownCtis(
  redis: Redis,
  names: Names,
  { keepMs }: Pick<CtiGateTimes, 'keepMs'> = TIMES,
): () => Promise<ReadonlySet<string>> {
  return async () => {
    const [time, ...partitions] = await Promise.all([
      redis.time(),
      ...Array.from({ length: names.partitions }, (_, partition) =>
        redis.zrange(names.ctisDown(partition), '0', '-1', 'WITHSCORES'),
      ),
    ]);
    const oldestMs = Number(time[0]) * 1000 - keepMs;
    const down = new Set<string>();
    for (const flat of partitions) {
      for (let i = 0; i < flat.length; i += 2) {
        if (Number(flat[i + 1]) > oldestMs) down.add(String(flat[i]));
      }
    }
    return down;
  };
}
