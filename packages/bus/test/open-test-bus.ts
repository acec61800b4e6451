import { randomBytes, randomUUID } from 'node:crypto';
import type { CallCommit } from '@ramal/calls';
import { type CallEvent, createNames, type Names, type Popup, toUuidV7 } from '@ramal/contracts';
import { type RestartableServer, startTestRedis } from '@ramal/testkit';
import type { Redis } from 'ioredis';
import { type AgentInbox, createAgentInbox } from '../src/agent-inbox.ts';
import { type CallBus, createCallBus } from '../src/call-bus.ts';
import { connectRedis, type RedisRole } from '../src/connect-redis.ts';

export interface TestBus {
  server: RestartableServer;
  /** For the test's own questions and mischief. */
  redis: Redis;
  names: Names;
  bus: CallBus;
  inbox: AgentInbox;
  /** One more connection, closed with the rest. */
  connect(role: RedisRole): Promise<Redis>;
  close(): Promise<void>;
}

const silent = { info: () => undefined, warn: () => undefined };

/** A Redis of its own, with the bus on it. */
export async function openTestBus(): Promise<TestBus> {
  const server = await startTestRedis();
  const connections: Redis[] = [];
  const connect = async (role: RedisRole) => {
    const redis = await connectRedis({ url: server.url, role, name: 'bus-test', log: silent });
    connections.push(redis);
    return redis;
  };
  const redis = await connect('commands');
  const names = createNames(2);
  const bus = createCallBus(redis, names);
  return {
    server,
    redis,
    names,
    bus,
    inbox: createAgentInbox(redis, names, bus),
    connect,
    async close() {
      for (const connection of connections) connection.disconnect();
      await server.stop();
    },
  };
}

/** A name no other test uses: each test has a tenant of its own. */
export function newTenant(): string {
  return `tenant:{${randomBytes(6).toString('hex')}}*`;
}

/** The first event of an inbound call. */
export function incoming(tenant: string, over: Partial<Extract<CallEvent, { type: 'call.incoming' }>> = {}) {
  const at = over.at ?? Date.now();
  return {
    type: 'call.incoming' as const,
    eventId: randomUUID(),
    tenant,
    callId: toUuidV7(at, randomBytes(10)),
    at,
    direction: 'inbound' as const,
    ramal: '3501',
    user: 'ana',
    peer: '4732100123',
    origin: '4732100123',
    destination: '3501',
    matchedBy: 'created' as const,
    ...over,
  };
}

export const LINE = { ramal: '3501', peerKey: '32100123' };

/** The commit of a call's first event, or of one more when `earlier` are known. */
export function commitOf(
  event: CallEvent,
  earlier: readonly CallEvent[] = [],
  over: Partial<CallCommit> = {},
): CallCommit {
  return {
    tenant: event.tenant,
    callId: event.callId,
    commitId: event.eventId,
    expectedVersion: earlier.length,
    events: [...earlier, event],
    ended: false,
    lines: [LINE],
    deliveries: [],
    ...over,
  };
}

/** One message for an agent, that shows, updates or hides a pop-up if one is given. */
export function message(n: number, popup?: { change: 'show' | 'update' | 'hide'; popup: Popup }) {
  const op = popup === undefined ? 'call.updated' : (`popup.${popup.change}` as const);
  return { op, ts: n, data: popup?.popup ?? { n }, ...(popup === undefined ? {} : { popup }) } as const;
}

export function popupOf(event: CallEvent, over: Partial<Popup> = {}): Popup {
  return {
    popupId: randomUUID(),
    kind: 'incoming',
    callId: event.callId,
    direction: 'inbound',
    state: 'ringing',
    peer: { raw: '4732100123', e164: null, display: '4732100123' },
    ramal: '3501',
    startedAt: event.at,
    expiresAt: event.at + 120_000,
    ...over,
  };
}
