import { withReleases } from '@ramal/devstack';
import { type SentinelRedis, startSentinelRedis } from '@ramal/testkit';
import { DIAL_MS, type Fault, toLength } from '../src/fault.ts';
import { startFaultSystem } from '../src/fault-system.ts';
import { playRound } from '../src/play-round.ts';
import { timeUntilCaughtUp, timeUntilConsuming, timeUntilFlowing } from '../src/probe-stored.ts';
import { type Row, tellLastWords } from '../src/run-rows.ts';

const ROUNDS_AT_FULL_SIZE = 4;
const GIVEN_UP_AFTER_MS = 1000;
const NEVER_GIVEN_UP_MS = 30_000;
const CONSUMING_WITHIN_MS = 3000;
const CAUGHT_UP_WITHIN_MS = 60_000;

const PROMISE =
  'the primary killed, a replica takes over, again and again: 0 lost, 0 non-2xx, consuming within 3 s after it answers';

/** Kills the primary; the replica that Sentinels choose has not heard of the last writes. The old one comes back as a replica. */
function toFailover(group: SentinelRedis): Fault {
  return {
    name: 'redis-failed-over',
    promise: PROMISE,
    always2xx: true,
    async inject(moment) {
      const fromMs = Date.now();
      const [consumingMs, flowingMs]: [number[], number[]] = [[], []];
      for (let round = 0; round < toLength(ROUNDS_AT_FULL_SIZE, moment.scale, 1); round++) {
        moment.signal.throwIfAborted();
        const old = await group.primary();
        await group.setDownAfter(GIVEN_UP_AFTER_MS);
        await old.kill();
        await group.waitForFailover(old);
        const [consuming, flowing] = await Promise.all([
          timeUntilConsuming(moment),
          timeUntilFlowing(moment),
        ]);
        consumingMs.push(consuming);
        flowingMs.push(flowing);
        // From here on a busy machine is no dead server.
        await group.setDownAfter(NEVER_GIVEN_UP_MS);
        await old.restart();
        await group.waitForReplicas(1);
      }
      const caughtUpMs = await timeUntilCaughtUp(moment);
      return {
        figures: [
          { name: 'consumingMs', valuesMs: consumingMs, boundMs: CONSUMING_WITHIN_MS },
          { name: 'flowingMs', valuesMs: flowingMs, boundMs: CAUGHT_UP_WITHIN_MS },
          { name: 'caughtUpMs', valuesMs: [caughtUpMs], boundMs: CAUGHT_UP_WITHIN_MS },
        ],
        blind: [{ fromMs, toMs: Date.now() }],
        // What the old primary alone knew of pop-ups, and of a call that had just begun, is gone with it.
        unpromised: ['shownTwice', 'stale', 'doubled', 'wrongState'],
        undiallable: [{ fromMs: fromMs - DIAL_MS, toMs: Date.now() }],
      };
    },
  };
}

/** On a system of its own, whose Redis is a primary, a replica and three Sentinels. */
export const redisFailedOver: Row = {
  name: 'redis-failed-over',
  promise: PROMISE,
  play: (context) =>
    withReleases(context, async (releases) => {
      const group = await startSentinelRedis();
      releases.push(group.stop);
      const system = await startFaultSystem(context, releases, group);
      const report = await playRound({ ...context, system, fault: toFailover(group) });
      if (!report.ok) tellLastWords(system, context.log);
      return report;
    }),
};
