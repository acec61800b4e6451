import { randomUUID } from 'node:crypto';
import { sleepUntil } from '@ramal/testkit';
import type { Needed } from '../../src/needed.ts';
import { openSmallCompany } from '../../src/small-company.ts';

const CALLBACKS = 10;

/** I3: without Redis the disk is what a 2xx stands on. */
export const journal: Needed = {
  protection: 'webhook.journal',
  env: { WEBHOOK_JOURNAL: 'false' },
  promise: 'callbacks are answered 2xx while Redis is away, and stored once when it is back',
  service: 'webhook',
  async try({ system, releases }) {
    const company = await openSmallCompany(system, releases);
    // Both processes know the company.
    for (let n = 0; n < 4; n++) await company.end();
    const ids = Array.from({ length: CALLBACKS }, () => randomUUID());
    await system.redis.kill();
    const statuses: number[] = [];
    try {
      for (const id of ids) statuses.push(await company.endOnce(id));
    } finally {
      await system.redis.restart();
    }
    const told = ids.filter((_, i) => statuses[i] === 200);
    const sentinel = await company.end();
    await sleepUntil(async () => (await company.stored([...told, sentinel])).every((n) => n > 0), {
      timeoutMs: 60_000,
      everyMs: 100,
      describe: 'what was acknowledged to be stored',
    }).catch(() => undefined); // counted below
    const times = await company.stored(ids);
    return { broken: times.filter((n, i) => statuses[i] !== 200 || n !== 1).length, trials: CALLBACKS };
  },
};
