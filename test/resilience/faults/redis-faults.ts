import { setTimeout as delay } from 'node:timers/promises';
import { askRedis } from '../src/ask-redis.ts';
import { DIAL_MS, type Fault, type FaultMoment, type FaultOutcome, toLength } from '../src/fault.ts';
import { timeUntilCaughtUp, timeUntilConsuming, timeUntilFlowing } from '../src/probe-stored.ts';

const AWAY_MS = 10_000;
const LEAST_AWAY_MS = 2000;
const CONSUMING_WITHIN_MS = 3000;
/** Not promised by the table: how long what is sent then may take, and the oldest of what came meanwhile may wait. */
const CAUGHT_UP_WITHIN_MS = 60_000;

/** What all of them promise: nothing lost, every callback answered 2xx, and all flows again soon after Redis answers. */
function toRedisFault(
  name: string,
  what: string,
  strike: (moment: FaultMoment, awayMs: number) => Promise<void>,
): Fault {
  return {
    name,
    promise: `Redis ${what}: 0 lost, 0 non-2xx, consuming within 3 s after it answers`,
    always2xx: true,
    async inject(moment): Promise<FaultOutcome> {
      const fromMs = Date.now();
      await strike(moment, toLength(AWAY_MS, moment.scale, LEAST_AWAY_MS));
      const [consumingMs, flowingMs] = await Promise.all([
        timeUntilConsuming(moment),
        timeUntilFlowing(moment),
      ]);
      const caughtUpMs = await timeUntilCaughtUp(moment);
      return {
        figures: [
          { name: 'consumingMs', valuesMs: [consumingMs], boundMs: CONSUMING_WITHIN_MS },
          // One that is sent now, behind all that came meanwhile.
          { name: 'flowingMs', valuesMs: [flowingMs], boundMs: CAUGHT_UP_WITHIN_MS },
          { name: 'caughtUpMs', valuesMs: [caughtUpMs], boundMs: CAUGHT_UP_WITHIN_MS },
        ],
        // What was over before Redis was told of it was shown to nobody while it stood.
        blind: [{ fromMs, toMs: Date.now() }],
        // A click that was recorded at the last moment may not live to see Redis again.
        undiallable: [{ fromMs: fromMs - DIAL_MS, toMs: Date.now() }],
      };
    },
  };
}

export const redisRestarted = toRedisFault('redis-restarted', 'restarted', async ({ system }) => {
  await system.redis.restart();
});

export const redisKilled = toRedisFault(
  'redis-killed',
  'killed and away for 10 s',
  async ({ system, signal }, awayMs) => {
    await system.redis.kill();
    try {
      await delay(awayMs, undefined, { signal });
    } finally {
      await system.redis.restart();
    }
  },
);

export const redisFrozen = toRedisFault(
  'redis-frozen',
  'frozen for 10 s',
  async ({ system, signal }, awayMs) => {
    system.redis.signal('SIGSTOP');
    try {
      await delay(awayMs, undefined, { signal });
    } finally {
      system.redis.signal('SIGCONT');
    }
  },
);

export const redisFull = toRedisFault(
  'redis-full',
  'out of memory for 10 s',
  async ({ system, signal }, awayMs) => {
    await askRedis(system.redisUrl, 'CONFIG', 'SET', 'maxmemory', '1mb');
    try {
      await delay(awayMs, undefined, { signal });
    } finally {
      await askRedis(system.redisUrl, 'CONFIG', 'SET', 'maxmemory', '0');
    }
  },
);
