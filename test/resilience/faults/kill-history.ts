import type { Fault, FaultMoment } from '../src/fault.ts';
import { READY_WITHIN_MS, waitReady } from '../src/fault-system.ts';
import { timeUntilStored } from '../src/probe-stored.ts';

const KILLS_AT_FULL_SIZE = 3;
const LAST = 200;

/** I3, I7: an entry is acknowledged only after its commit, so another reader takes over what a dead one held. */
export const killHistory: Fault = {
  name: 'kill-history',
  promise: 'kill -9 history: 0 lost, 0 twice, reclaimed within 30 s',
  async inject(moment) {
    const valuesMs: number[] = [];
    for (let kills = 0; kills < Math.max(1, Math.round(KILLS_AT_FULL_SIZE * moment.scale)); kills++) {
      valuesMs.push(await killOne(moment));
    }
    return { figures: [{ name: 'reclaimedMs', valuesMs, boundMs: 30_000 }] };
  },
};

async function killOne(moment: FaultMoment): Promise<number> {
  const { system, pick } = moment;
  const victim = pick('history');
  const last = moment.crowd.lastAcknowledged(LAST);
  system.stack.kill(victim, 'SIGKILL');
  const tookMs = await timeUntilStored(moment, last);
  await system.stack.restartOf(victim, READY_WITHIN_MS);
  await waitReady(system, victim);
  return tookMs;
}
