import { sleepUntil } from '@ramal/testkit';
import type { Needed } from '../../src/needed.ts';
import { readMetric } from '../../src/read-metric.ts';
import { openSmallCompany } from '../../src/small-company.ts';

const CALLBACKS = 10;
const READERS = ['history', 'history-2'] as const;

/** I3, I7: what a reader has acknowledged nobody else will ever store. */
export const ackAfterCommit: Needed = {
  protection: 'history.ack_after_commit',
  promise: 'what a history process held when it was killed is stored by another',
  service: 'history',
  async try({ system, releases, isOff }) {
    const company = await openSmallCompany(system, releases);
    // What both processes know of the company is fresh, and PostgreSQL says nothing from here on.
    await company.end();
    system.postgresLine.silence();
    const ids: string[] = [];
    try {
      for (let n = 0; n < CALLBACKS; n++) ids.push(await company.end());
      if (isOff) {
        await sleepUntil(async () => (await readMetric(system.stack, 'history', 'ramal_history_lag')) === 0, {
          timeoutMs: 60_000,
          everyMs: 100,
          describe: 'all events to be acknowledged',
        });
      }
      for (const name of READERS) system.stack.kill(name, 'SIGKILL');
    } finally {
      await system.postgresLine.heal();
    }
    await Promise.all(READERS.map((name) => system.stack.restartOf(name, 60_000)));
    const sentinel = await company.end();
    const awaited = isOff ? [sentinel] : [...ids, sentinel];
    await sleepUntil(async () => (await company.stored(awaited)).every((n) => n > 0), {
      timeoutMs: 120_000,
      everyMs: 100,
      describe: 'callbacks to be stored',
    }).catch(() => undefined); // counted below
    const times = await company.stored(ids);
    return { broken: times.filter((n) => n !== 1).length, trials: CALLBACKS };
  },
};
