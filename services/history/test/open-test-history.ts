import { randomBytes, randomUUID } from 'node:crypto';
import { connectRedis, createEventStream, type EventStream } from '@ramal/bus';
import { type CallEvent, createNames, EVENT_FIELD, HISTORY_GROUP, toUuidV7 } from '@ramal/contracts';
import { connectStore, ensurePartitions, migrate, type Store } from '@ramal/store';
import { type RestartableServer, startTestRedis } from '@ramal/testkit';
import type { Events } from '../src/events.ts';
import type { ParsedEntry } from '../src/parse-entry.ts';
import { type PartitionReader, startPartitionReader } from '../src/partition-reader.ts';

type Redis = Awaited<ReturnType<typeof connectRedis>>;

export interface TestHistory {
  server: RestartableServer;
  redis: Redis;
  stream: EventStream;
  key: string;
  store: Store;
  /** What happened, as `event fields`. */
  noted: string[];
  events: Events;
  /** Puts entries into the stream: events, or text that is none. */
  add(...entries: (CallEvent | string)[]): Promise<string[]>;
  /** Starts a worker, stopped with the rest. */
  work(
    consumer: string,
    options?: { batch?: number; reclaimAfterMs?: number; gatherMs?: number },
  ): Promise<PartitionReader>;
  stopWorkers(): Promise<void>;
  /** Ids of stored events. */
  stored(): Promise<Set<string>>;
  deadLetters(): Promise<{ stream_id: string; reason: string; detail: string; payload: string }[]>;
  /** Entries of the stream that nobody has acknowledged. */
  pending(): Promise<number>;
  close(): Promise<void>;
}

/** The first event of a call, with what a test cares about. */
export function incoming(over: Partial<CallEvent> = {}): CallEvent {
  const at = Date.now();
  return {
    type: 'call.incoming',
    eventId: randomUUID(),
    tenant: 'acme',
    callId: toUuidV7(at, randomBytes(10)),
    at,
    direction: 'inbound',
    ramal: '3501',
    user: 'ana',
    peer: '4732100123',
    origin: '4732100123',
    destination: '3501',
    matchedBy: 'created',
    ...over,
  } as CallEvent;
}

/** A Redis of its own, and a store on the given empty database. */
export async function openTestHistory(databaseUrl: string): Promise<TestHistory> {
  await migrate(databaseUrl);
  const server = await startTestRedis();
  const log = { info: () => undefined, warn: () => undefined };
  const connections: Redis[] = [];
  const connect = async (role: 'commands' | 'blocking') => {
    const redis = await connectRedis({ url: server.url, role, name: 'history-test', log });
    connections.push(redis);
    return redis;
  };
  const redis = await connect('commands');
  const names = createNames(1);
  const key = names.events(0);
  const stream = createEventStream(redis, await connect('blocking'), names, 0);
  const store = connectStore({
    databaseUrl,
    applicationName: 'history-test',
    onPoolError: () => undefined,
  });
  await ensurePartitions(store, 1, Date.now());
  const noted: string[] = [];
  const note = (event: string) => (fields: unknown) => void noted.push(`${event} ${JSON.stringify(fields)}`);
  const events: Events = {
    stored: note('stored'),
    deadLettered: note('deadLettered'),
    expired: note('expired'),
    tracesDropped: note('tracesDropped'),
    reclaimed: note('reclaimed'),
    groupRecreated: note('groupRecreated'),
    partitionsMade: note('partitionsMade'),
    callReaped: note('callReaped'),
    retentionDone: note('retentionDone'),
    auditSealed: note('auditSealed'),
    retrying: (_partition, error) => void noted.push(`retrying ${String(error)}`),
    backgroundFailed: (what, error) => void noted.push(`backgroundFailed ${what} ${String(error)}`),
  };
  const workers: PartitionReader[] = [];
  const stopWorkers = async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  };
  return {
    server,
    redis,
    stream,
    key,
    store,
    noted,
    events,
    async add(...entries) {
      const ids: string[] = [];
      for (const entry of entries) {
        const json = typeof entry === 'string' ? entry : JSON.stringify(entry);
        ids.push((await redis.xadd(key, '*', EVENT_FIELD, json)) ?? '');
      }
      return ids;
    },
    async work(consumer, { batch = 100, reclaimAfterMs = 60_000, gatherMs = 0 } = {}) {
      const own = createEventStream(redis, await connect('blocking'), names, 0);
      const pace = { blockMs: 50, reclaimEveryMs: 200 };
      const lanes = {
        divert: async (entries: readonly ParsedEntry[]) => [...entries],
        stop: async () => undefined,
      };
      const apart = { batch, reclaimAfterMs, gatherMs };
      const options = { stream: own, store, lanes, events, partition: 0, consumer, ...apart };
      const worker = startPartitionReader({ ...options, ...pace });
      workers.push(worker);
      return worker;
    },
    stopWorkers,
    async stored() {
      const { rows } = await store.query<{ event_id: string }>('select event_id from call_events');
      return new Set(rows.map(({ event_id }) => event_id));
    },
    async deadLetters() {
      const { rows } = await store.query<{
        stream_id: string;
        reason: string;
        detail: string;
        payload: string;
      }>('select stream_id, reason, detail, payload from dead_letters order by stream_id');
      return rows;
    },
    async pending() {
      const [count] = (await redis.xpending(key, HISTORY_GROUP)) as [number];
      return count;
    },
    async close() {
      await stopWorkers();
      for (const connection of connections) connection.disconnect();
      await store.close();
      await server.stop();
    },
  };
}
