import { HISTORY_GROUP, type Names } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import type { Redis } from 'ioredis';
import { writeHistoryEvents } from '../load/history-events.ts';
import { type Metered, meter } from '../measure/meter.ts';
import type { CrowdAgent } from './agents.ts';

export const EVENTS_A_CALL = 3;
const LAST_MS = 120_000;

/** What history takes to store so many calls, whose events all lie in the streams when it begins. */
export async function drainHistory(options: {
  redis: Redis;
  names: Names;
  agents: readonly CrowdAgent[];
  calls: number;
  pid: number;
}): Promise<Metered> {
  const { redis, names, agents, calls, pid } = options;
  // Held still while the events are written, so that all of them are there when it begins.
  process.kill(pid, 'SIGSTOP');
  try {
    await writeHistoryEvents(redis, names, agents, calls, (partition) => names.events(partition));
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  return meter([pid], async () => {
    await sleepUntil(() => isDrained(redis, names), { timeoutMs: LAST_MS, everyMs: 20 });
  });
}

/** Whether all that was written is acknowledged, which it is once it is committed. */
async function isDrained(redis: Redis, names: Names): Promise<boolean> {
  for (let partition = 0; partition < names.partitions; partition++) {
    const groups = (await redis.xinfo('GROUPS', names.events(partition)).catch(() => [])) as unknown[][];
    const fields = groups.map(toFields).find((group) => group['name'] === HISTORY_GROUP);
    if (fields !== undefined && (fields['pending'] !== 0 || fields['lag'] !== 0)) return false;
  }
  return true;
}

function toFields(flat: readonly unknown[]): Record<string, unknown> {
  const pairs: [string, unknown][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([String(flat[i]), flat[i + 1]]);
  return Object.fromEntries(pairs);
}
