import { randomUUID } from 'node:crypto';
import { type CallEvent, EVENT_FIELD, type Names } from '@ramal/contracts';
import { newCallId } from '@ramal/runtime';
import type { Redis } from 'ioredis';
import type { CrowdAgent } from '../speed/agents.ts';

const AT_ONCE = 500;

/**
 * Writes whole calls of three events each into the event streams, as they would lie there after callbacks.
 * @param streamOf the stream of a partition
 */
export async function writeHistoryEvents(
  redis: Redis,
  names: Names,
  agents: readonly CrowdAgent[],
  calls: number,
  streamOf: (partition: number) => string,
): Promise<void> {
  for (let first = 0; first < calls; first += AT_ONCE) {
    const pipeline = redis.pipeline();
    for (let i = first; i < Math.min(calls, first + AT_ONCE); i++) {
      const agent = agents[i % agents.length];
      if (agent === undefined) continue;
      const stream = streamOf(names.partitionOf(agent.tenant));
      for (const event of toCall(agent, i)) pipeline.xadd(stream, '*', EVENT_FIELD, JSON.stringify(event));
    }
    await pipeline.exec();
  }
}

function toCall({ tenant, user, ramal }: CrowdAgent, i: number): CallEvent[] {
  const nowMs = Date.now();
  const callId = newCallId(nowMs);
  const peer = `473${String(1_000_000 + i).padStart(7, '0')}`;
  const base = {
    tenant,
    callId,
    direction: 'inbound' as const,
    ramal,
    user,
    peer,
    origin: peer,
    destination: ramal,
    externalCallId: `bench-${callId}`,
  };
  return [
    { ...base, type: 'call.incoming', eventId: randomUUID(), at: nowMs, matchedBy: 'created' },
    { ...base, type: 'call.answered', eventId: randomUUID(), at: nowMs + 1, matchedBy: 'external_id' },
    {
      ...base,
      type: 'call.ended',
      eventId: randomUUID(),
      at: nowMs + 2,
      matchedBy: 'external_id',
      result: 'completed',
      durationSec: 42,
    },
  ];
}
