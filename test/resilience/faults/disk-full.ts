import { setTimeout as delay } from 'node:timers/promises';
import { DIAL_MS, type Fault, type FaultMoment, toLength } from '../src/fault.ts';
import { waitReady } from '../src/fault-system.ts';

const AWAY_MS = 8000;
const LEAST_AWAY_MS = 2000;
const WEBHOOKS = ['webhook', 'webhook-2'] as const;
/** Room for some ten callbacks. */
const LITTLE_ROOM = { WEBHOOK_JOURNAL_MAX_BYTES: '16384' };

/** I3: with Redis away and no room on the disk nothing keeps a callback, so nobody may say that it is kept. */
export const diskFull: Fault = {
  name: 'disk-full',
  promise: 'disk full (the journal has no room left) with Redis away: 503, never 2xx and lost',
  async inject(moment) {
    const { system, scale, signal, crowd } = moment;
    await startWebhooks(moment, LITTLE_ROOM);
    const before = crowd.counts.non2xx;
    const fromMs = Date.now();
    await system.redis.kill();
    try {
      await delay(toLength(AWAY_MS, scale, LEAST_AWAY_MS), undefined, { signal });
    } finally {
      await system.redis.restart();
    }
    const refused = crowd.counts.non2xx - before;
    await startWebhooks(moment, {});
    return {
      blind: [{ fromMs, toMs: Date.now() }],
      // A click that was recorded just before.
      undiallable: [{ fromMs: fromMs - DIAL_MS, toMs: Date.now() }],
      broken: refused > 0 ? [] : ['there was room for everything: nothing is shown'],
    };
  },
};

/** One after the other, so that somebody answers all the while. */
async function startWebhooks({ system }: FaultMoment, env: Record<string, string>): Promise<void> {
  for (const name of WEBHOOKS) {
    await system.stack.restartWith(name, env);
    await waitReady(system, name);
  }
}
