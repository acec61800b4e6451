import {
  type CallBus,
  connectRedis,
  createCallBus,
  createDialIntents,
  createEventStream,
  createLivePersons,
  type DialIntents,
  type StreamEntry,
} from '@ramal/bus';
import {
  type Callback,
  eraseFarEnd,
  eraseLateUsers,
  planCallback,
  reduceCall,
  toCallbackLines,
  toUsers,
} from '@ramal/calls';
import { type CallEvent, createNames, toUuidV7 } from '@ramal/contracts';
import { connectStore, migrate, type Store, writeBatch } from '@ramal/store';
import { createTestDatabase, startTestRedis } from '@ramal/testkit';
import type { PrivacyDeps } from '../src/erase-personal-data.ts';
import { createSubjectOf } from '../src/subject-hash.ts';

const NAMES = createNames(2);
const silent = { info: () => undefined, warn: () => undefined };

export interface TestPersons extends PrivacyDeps {
  store: Store;
  bus: CallBus;
  intents: DialIntents;
  /** What a CTI tells, as the webhook service takes it. */
  tell(tenant: string, callback: Partial<Callback> & { kind: Callback['kind'] }): Promise<string>;
  /** Carries what is in the streams to PostgreSQL, as history does, and leaves it in the stream. */
  carry(): Promise<void>;
  /** All rows and all keys as texts. */
  dump(): Promise<string[]>;
  close(): Promise<void>;
}

/** A database and a Redis of its own, with two companies whose users have the same extensions. */
export async function openTestPersons(): Promise<TestPersons> {
  const [database, server] = await Promise.all([createTestDatabase(), startTestRedis()]);
  await migrate(database.databaseUrl);
  const store = connectStore({
    databaseUrl: database.databaseUrl,
    applicationName: 'privacy-test',
    onPoolError: () => undefined,
  });
  const redis = await connectRedis({ url: server.url, role: 'commands', name: 'privacy-test', log: silent });
  const blocking = await connectRedis({
    url: server.url,
    role: 'blocking',
    name: 'privacy-test',
    log: silent,
  });
  const bus = createCallBus(redis, NAMES);
  const newCallId = (nowMs: number) => toUuidV7(nowMs, crypto.getRandomValues(new Uint8Array(10)));
  const streams = [0, 1].map((partition) => createEventStream(redis, blocking, NAMES, partition));
  for (const stream of streams) await stream.ensureGroup('0');

  const carryOne = async (partition: number, stream: (typeof streams)[number]): Promise<void> => {
    const entries: StreamEntry[] = await stream.read('carrier', 1_000, 1);
    if (entries.length === 0) return;
    const events = entries.map(({ json }) => ({ event: JSON.parse(json) as CallEvent }));
    await writeBatch(store, { partition, checkpointId: null, events, deadLetters: [] }, reduceCall, {
      farEnd: eraseFarEnd,
      users: eraseLateUsers,
      usersOf: toUsers,
    });
    await stream.ack(entries.map(({ id }) => id));
  };

  const dumpKey = async (key: string): Promise<string> => {
    switch (await redis.type(key)) {
      case 'hash':
        return `${key} ${JSON.stringify(await redis.hgetall(key))}`;
      case 'zset':
        return `${key} ${JSON.stringify(await redis.zrange(key, '0', '-1'))}`;
      case 'stream':
        return `${key} ${JSON.stringify(await redis.xrange(key, '-', '+'))}`;
      case 'set':
        return `${key} ${JSON.stringify(await redis.smembers(key))}`;
      case 'string':
        return `${key} ${(await redis.get(key)) ?? ''}`;
      default:
        return key;
    }
  };

  return {
    directory: store,
    store,
    historyOf: async () => store,
    live: createLivePersons(redis, NAMES),
    subjectOf: createSubjectOf(Buffer.alloc(32, 7)),
    bus,
    intents: createDialIntents({ redis, names: NAMES, bus, queue: null, newCallId }),
    async tell(tenant, { kind, ...more }) {
      const callback: Callback = {
        kind,
        direction: 'inbound',
        legs: [{ ramal: '3501', user: 'ana' }],
        destination: '3501',
        origin: more.peer,
        ...more,
      };
      const lines = toCallbackLines(callback);
      const view = await bus.view({ tenant, lines, externalCallId: callback.externalCallId });
      const plan = planCallback(callback, {
        tenant,
        nowMs: view.nowMs,
        candidates: view.calls,
        lines: view.lines,
        presentUsers: new Set(['ana']),
        newCallId: newCallId(view.nowMs),
      });
      if (plan.kind === 'duplicate') return plan.callId;
      const { outcome } = await bus.commit(plan.commit);
      if (outcome !== 'applied') throw new Error(`the callback was not taken: ${outcome}`);
      return plan.commit.callId;
    },
    async carry() {
      for (const [partition, stream] of streams.entries()) await carryOne(partition, stream);
    },
    async dump() {
      const { rows: tables } = await store.query<{ name: string }>(
        `select tablename as name from pg_tables where schemaname = 'public'`,
      );
      const texts: string[] = [];
      for (const { name } of tables) {
        const { rows } = await store.query<{ text: string }>(`select t::text as text from ${name} t`);
        texts.push(...rows.map(({ text }) => `${name} ${text}`));
      }
      for (const key of await redis.keys('*')) texts.push(await dumpKey(key));
      return texts.toSorted();
    },
    async close() {
      redis.disconnect();
      blocking.disconnect();
      await store.close();
      await server.stop();
      await database.drop();
    },
  };
}
