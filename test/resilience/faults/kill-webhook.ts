import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../src/fault.ts';
import { READY_WITHIN_MS, waitReady } from '../src/fault-system.ts';

const KILLS_AT_FULL_SIZE = 8;

/** I3: what was answered 2xx is in Redis already, and what was not is told again. */
export const killWebhook: Fault = {
  name: 'kill-webhook',
  promise: 'kill -9 webhook: 0 acknowledged events lost, 0 stored twice',
  async inject({ system, random, scale, signal, pick }) {
    for (let kills = 0; kills < Math.max(2, Math.round(KILLS_AT_FULL_SIZE * scale)); kills++) {
      const victim = pick('webhook');
      system.stack.kill(victim, 'SIGKILL');
      await system.stack.restartOf(victim, READY_WITHIN_MS);
      await waitReady(system, victim);
      await delay(random.between(100, 1000), undefined, { signal });
    }
    return {};
  },
};
