import { type DialIntents, isSettled, toVerdict } from '@ramal/bus';
import { isSwitchedOff } from '@ramal/runtime';
import type { Events } from './events.ts';

const INTERVAL_MS = 250;
const BATCH = 200;
/** How many are settled at once: one after the other, a burst of clicks without a dialer would hear of it late. */
const AT_ONCE = 25;

/**
 * Settles dial intents whose time is up, so that an agent hears the end of every dial even with every
 * dialer dead (I2). Any number of gateways may do it at once: each verdict is one atomic commit.
 */
export function startWatchdog(options: {
  intents: DialIntents;
  partitions: number;
  events: Events;
  /** Called when a sweep has come to its end, well or not: each wait in it has an end too. */
  onProgress?: () => void;
}): {
  stop(): Promise<void>;
} {
  const { intents, partitions, events, onProgress = () => undefined } = options;
  let running = Promise.resolve();
  let busy = false;

  const settle = async (tenant: string, intentId: string) => {
    const found = await intents.find(tenant, intentId);
    if (found === null || isSettled(found.intent)) return intents.forget(tenant, intentId);
    const verdict = toVerdict(found.intent, found.nowMs);
    if (verdict === null) return;
    const outcome = await intents.step(found.intent, verdict);
    if (outcome === 'applied') events.intentOverdue({ tenant, intentId, verdict: verdict.type });
  };

  const sweepPartition = async (partition: number) => {
    const overdue = await intents.overdue(partition, BATCH);
    for (let first = 0; first < overdue.length; first += AT_ONCE) {
      const chunk = overdue.slice(first, first + AT_ONCE);
      // One that can't be settled must not keep the others from their end.
      const settled = chunk.map(({ tenant, intentId }) =>
        settle(tenant, intentId).catch((error: unknown) => events.backgroundFailed('watchdog', error)),
      );
      await Promise.all(settled);
    }
  };

  const sweep = async () => {
    await Promise.all(Array.from({ length: partitions }, (_, partition) => sweepPartition(partition)));
  };

  const timer = setInterval(() => {
    if (busy || isSwitchedOff('gateway.watchdog')) return;
    busy = true;
    running = sweep()
      .catch((error: unknown) => events.backgroundFailed('watchdog', error))
      .finally(() => {
        busy = false;
        onProgress();
      });
  }, INTERVAL_MS);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
