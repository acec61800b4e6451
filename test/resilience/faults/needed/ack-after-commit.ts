import { createNames, DEFAULT_PARTITIONS } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { askRedis } from '../../src/ask-redis.ts';
import type { FaultSystem } from '../../src/fault-system.ts';
import type { Needed } from '../../src/needed.ts';
import { openSmallCompany } from '../../src/small-company.ts';

const CALLBACKS = 10;
const READERS = ['history', 'history-2'] as const;
const PATIENCE_MS = 60_000;
/** Looks at which nothing may have moved: traces follow their events after a moment. */
const QUIET_LOOKS = 8;

/** I3, I7: what a reader has acknowledged nobody else will ever store. */
export const ackAfterCommit: Needed = {
  protection: 'history.ack_after_commit',
  promise: 'what a history process held when it was killed is stored by another',
  service: 'history',
  async try({ system, releases, isOff }) {
    const company = await openSmallCompany(system, releases);
    const stream = createNames(DEFAULT_PARTITIONS);
    const key = stream.events(stream.partitionOf(company.tenant));
    await company.end();
    await untilQuiet(system, key);
    const { read: readBefore } = await readGroup(system, key);
    // From here on nothing is committed any more.
    system.postgresLine.silence();
    const ids: string[] = [];
    try {
      ids.push(await company.end());
      await sleepUntil(
        async () => {
          const { read, pending } = await readGroup(system, key);
          return read > readBefore && (!isOff || pending === 0);
        },
        { timeoutMs: PATIENCE_MS, describe: 'a reader to have taken the callback' },
      );
      while (ids.length < CALLBACKS) ids.push(await company.end());
      for (const name of READERS) system.stack.kill(name, 'SIGKILL');
    } finally {
      await system.postgresLine.heal();
    }
    await Promise.all(READERS.map((name) => system.stack.restartOf(name, PATIENCE_MS)));
    const sentinel = await company.end();
    const awaited = isOff ? [sentinel] : [...ids, sentinel];
    await sleepUntil(async () => (await company.stored(awaited)).every((n) => n > 0), {
      timeoutMs: 2 * PATIENCE_MS,
      everyMs: 100,
      describe: 'callbacks to be stored',
    }).catch(() => undefined); // counted below
    const times = await company.stored(ids);
    return { broken: times.filter((n) => n !== 1).length, trials: CALLBACKS };
  },
};

/** Everything that is in the stream was read and acknowledged, and nothing follows. */
async function untilQuiet(system: FaultSystem, key: string): Promise<void> {
  let last = -1;
  let looks = 0;
  await sleepUntil(
    async () => {
      const { read, pending } = await readGroup(system, key);
      looks = read === last && pending === 0 ? looks + 1 : 0;
      last = read;
      return looks >= QUIET_LOOKS;
    },
    { timeoutMs: PATIENCE_MS, everyMs: 100, describe: 'the stream to be quiet' },
  );
}

/** What the history group has read of a stream in all, and not acknowledged. */
async function readGroup(system: FaultSystem, key: string): Promise<{ read: number; pending: number }> {
  const field = async (name: string) => {
    const script = `local g = redis.call('XINFO', 'GROUPS', KEYS[1])[1] or {}
      for i = 1, #g, 2 do if g[i] == ARGV[1] then return g[i + 1] end end
      return 0`;
    return Number(await askRedis(system.redisUrl, 'EVAL', script, '1', key, name));
  };
  return { read: await field('entries-read'), pending: await field('pending') };
}
