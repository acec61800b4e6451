import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, type FaultMoment, toLength } from '../src/fault.ts';
import { readMemory } from '../src/process-memory.ts';

const UNREAD_MS = 15_000;
const LEAST_UNREAD_MS = 2000;
/** What the gateways may grow by while half of the agents read nothing, in bytes. */
const MOST_GROWTH = 150 * 1024 * 1024;

/** Threat 9, I5: what a slow reader does not take is dropped with its socket, and read from the inbox when it is back. */
export const slowReaders: Fault = {
  name: 'slow-readers',
  promise: 'slow readers: bounded memory, 0 missed after resume',
  sockets: 400,
  always2xx: true,
  async inject(moment) {
    const { crowd, scale, signal } = moment;
    const slow = crowd.tabs.filter((_, i) => i % 2 === 0);
    const before = await gatewayMemory(moment);
    for (const tab of slow) tab.pause();
    let most = before;
    try {
      const untilMs = performance.now() + toLength(UNREAD_MS, scale, LEAST_UNREAD_MS);
      while (performance.now() < untilMs) {
        await delay(250, undefined, { signal });
        most = Math.max(most, await gatewayMemory(moment));
      }
    } finally {
      for (const tab of slow) tab.resume();
    }
    const grownMb = Math.round((most - before) / 1024 / 1024);
    moment.log(`the gateways grew by ${grownMb} MB while ${slow.length} agents read nothing`);
    return { broken: most - before <= MOST_GROWTH ? [] : [`the gateways grew by ${grownMb} MB`] };
  },
};

async function gatewayMemory({ system }: FaultMoment): Promise<number> {
  const pids = (['ws-gateway', 'ws-gateway-2'] as const).map((name) => system.stack.dev.services[name]?.pid);
  const each = await Promise.all(pids.flatMap((pid) => (pid === undefined ? [] : [readMemory(pid)])));
  return each.reduce((sum, one) => sum + (one?.rssBytes ?? 0), 0);
}
