import {
  type CallBus,
  connectRedis,
  createCallBus,
  createPresence,
  createSocketRegistry,
  createTraceRecorder,
  createWebhookIds,
} from '@ramal/bus';
import { createNames } from '@ramal/contracts';
import { createMetrics, toLoggedError } from '@ramal/runtime';
import { connectTenants, hashSecret, migrate, type Store } from '@ramal/store';
import { createTestDatabase, type RestartableServer, startTestRedis } from '@ramal/testkit';
import type { FastifyInstance } from 'fastify';
import { createApp } from '../src/app.ts';
import { createEvents } from '../src/events.ts';
import { createCallbackIngest } from '../src/ingest-callback.ts';
import { createRefusalNote } from '../src/note-refusal.ts';
import { createRamalStateReader } from '../src/ramal-state.ts';
import { createTestDoor, type TestDoorOptions } from './create-test-door.ts';

/** Callback tokens of the tenants below. */
export const TOKENS = { demo: 'd'.repeat(64), acme: 'a'.repeat(64), closed: 'c'.repeat(64) };

export interface TestWebhook {
  app: FastifyInstance;
  bus: CallBus;
  /** Writes what the flight recorder holds; it takes no more then. */
  flushTraces(): Promise<void>;
  /** The agent comes to be logged in, until the returned function is called. */
  logIn(tenant: string, user: string): Promise<() => Promise<void>>;
  store: Store;
  redisServer: RestartableServer;
  /** Every line that was logged, as JSON. */
  log: string[];
  close(): Promise<void>;
}

export interface TestWebhookOptions
  extends Pick<TestDoorOptions, 'protectionOf' | 'trustedProxies' | 'gate' | 'lanes'> {
  publicUrl?: string;
}

/**
 * The webhook on a migrated database and a Redis of its own: `demo` (extensions 3501 of ana, 3502 of bruno; the
 * usual names), `acme` (2001 of gil; names `de`, `para`, `gravacao`) and `closed`, which is not active.
 */
export async function openTestWebhook(options: TestWebhookOptions = {}): Promise<TestWebhook> {
  const database = await createTestDatabase();
  await migrate(database.databaseUrl);
  const log: string[] = [];
  const write = (fields: object, message: string) => {
    const { error } = fields as { error?: unknown };
    log.push(
      JSON.stringify({ message, ...fields, ...(error === undefined ? {} : { error: toLoggedError(error) }) }),
    );
  };
  const logger = { debug: write, info: write, warn: write, error: write, fatal: write };
  const redisServer = await startTestRedis();
  const redis = await connectRedis({
    url: redisServer.url,
    role: 'commands',
    name: 'webhook-test',
    log: { info: () => undefined, warn: () => undefined },
  });
  const tenants = connectTenants({
    databaseUrl: database.databaseUrl,
    applicationName: 'webhook-test',
    masterKey: null,
    maxConnections: 4,
    onError: () => undefined,
  });
  const { store } = tenants;
  await fill(store);
  const names = createNames();
  const bus = createCallBus(redis, names);
  const presence = createPresence(redis, names);
  const gateway = createSocketRegistry({ redis, names, gateway: 'gateway-1', leaseMs: 600_000 });
  await gateway.renewLeases();
  const events = createEvents(logger, createMetrics('webhook'));
  const recorder = createTraceRecorder({ redis, names, by: 'webhook@test', onDropped: () => undefined });
  const { publicUrl, ...doorOptions } = options;
  const noteRefusal = createRefusalNote({ bus, recorder });
  const app = createApp({
    door: createTestDoor({
      lookup: tenants.lookup,
      events,
      protectionOf: (tenant) => tenants.callbackProtections.of(tenant),
      webhookIds: createWebhookIds(redis, names),
      noteRefusal,
      ...doorOptions,
    }),
    noteRefusal,
    ingest: createCallbackIngest({ bus, presence, events }),
    readRamalState: createRamalStateReader({ bus, presence }),
    events,
    maxBodyBytes: 64 * 1024,
    requestTimeoutMs: 10_000,
    connections: { most: 1_000, mostPerAddress: null },
    isStopping: () => false,
    publicUrl,
  });
  return {
    app,
    bus,
    flushTraces: () => recorder.stop(),
    async logIn(tenant, user) {
      const socket = gateway.prepare({ tenant, user }, null);
      await gateway.join(socket, true);
      return () => gateway.logOut(socket);
    },
    store,
    redisServer,
    log,
    async close() {
      await app.close();
      await recorder.stop();
      redis.disconnect();
      await tenants.close();
      await redisServer.stop();
      await database.drop();
    },
  };
}

async function fill(store: Store): Promise<void> {
  const tenants: [number, keyof typeof TOKENS, number][] = [
    [1, 'demo', 1],
    [2, 'acme', 1],
    [3, 'closed', 0],
  ];
  for (const [id, tenant, active] of tenants) {
    await store.query(
      'insert into wl_chamados_empresa (empresa_id, nome, ativo, tenant) values ($1, $2, $3, $2)',
      [id, tenant, active],
    );
    await store.query('insert into callback_tokens (token_hash, tenant) values ($1, $2)', [
      hashSecret(TOKENS[tenant]),
      tenant,
    ]);
  }
  await store.query(
    `insert into configuracao_cti (empresa_id, nome_variavel_origem, nome_variavel_destino, nome_variavel_audio)
     values (2, 'de', 'para', 'gravacao')`,
  );
  const agents: [string, string, string][] = [
    ['demo', 'ana', '3501'],
    ['demo', 'bruno', '3502'],
    ['demo', 'clara', '3503'],
    ['acme', 'gil', '2001'],
  ];
  for (const [tenant, user, ramal] of agents) {
    await store.query(
      `insert into agents (tenant, user_name, display_name, ramal, agente, senha, active)
       values ($1, $2, $2, $3, $2, 'senha', true)`,
      [tenant, user, ramal],
    );
  }
}
