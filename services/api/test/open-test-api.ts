import {
  type CallBus,
  connectRedis,
  createAgentInbox,
  createCallBus,
  createDialIntents,
  createDialLimiter,
  createDialQueue,
  createLivePersons,
  createPresence,
  createSocketRegistry,
  type DialIntents,
  type RegisteredSocket,
  type SocketRegistry,
} from '@ramal/bus';
import { type AgentRole, createNames } from '@ramal/contracts';
import { createSubjectOf } from '@ramal/privacy';
import {
  createAgentAccess,
  createMetrics,
  createProviderKeys,
  type FetchKeys,
  newCallId,
  signAgentToken,
} from '@ramal/runtime';
import { connectTenants, findRamal, hashSecret, migrate, type Store } from '@ramal/store';
import { createTestDatabase, type RestartableServer, startTestRedis } from '@ramal/testkit';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { createApp } from '../src/app.ts';
import type { Demo } from '../src/demo-routes.ts';
import { readPublicScripts } from '../src/public-scripts.ts';
import { createEvents } from '../src/events.ts';
import { createHealth } from '../src/health.ts';
import type { RequestLimitSettings } from '../src/request-limits.ts';
import type { WebSettings } from '../src/response-headers.ts';

export const SECRET = 'a-secret-of-tests-that-is-long-enough';
/** `acme` alone, `globex` alone, and all tenants. */
export const KEYS = {
  acme: 'key-of-acme',
  globex: 'key-of-globex',
  all: 'key-of-all',
  revoked: 'key-revoked',
};

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: any; // oxlint-disable-line typescript/no-explicit-any
  text: string;
}

export interface TestApi {
  app: FastifyInstance;
  store: Store;
  bus: CallBus;
  intents: DialIntents;
  redisServer: RestartableServer;
  /** A gateway whose leases stand. */
  gateway: SocketRegistry;
  /** An agent opens a socket there. */
  logIn(tenant: string, user: string): Promise<RegisteredSocket>;
  /** Every line that was logged, as JSON. */
  log: string[];
  ask(options: InjectOptions & { credential?: string }): Promise<Answer>;
  token(tenant: string, user: string, role?: AgentRole): Promise<string>;
  close(): Promise<void>;
}

/** The api on a migrated database and a Redis of its own, with three tenants in it. */
export async function openTestApi(
  options: {
    demo?: Demo | null;
    gatewayUrl?: string;
    /** What identity providers answer; default: nothing. */
    fetchKeys?: FetchKeys;
    limits?: Partial<RequestLimitSettings>;
    web?: Partial<WebSettings>;
  } = {},
): Promise<TestApi> {
  const database = await createTestDatabase();
  await migrate(database.databaseUrl);
  const log: string[] = [];
  const write = (fields: object, message: string) => void log.push(JSON.stringify({ message, ...fields }));
  const logger = { debug: write, info: write, warn: write, error: write, fatal: write };
  const redisServer = await startTestRedis();
  const redis = await connectRedis({
    url: redisServer.url,
    role: 'commands',
    name: 'api-test',
    log: { info: () => undefined, warn: () => undefined },
  });
  const queue = createDialQueue(redis);
  const tenants = connectTenants({
    databaseUrl: database.databaseUrl,
    applicationName: 'api-test',
    masterKey: null,
    maxConnections: 10,
    onError: () => undefined,
  });
  const { store } = tenants;
  await fill(store);
  const names = createNames();
  const bus = createCallBus(redis, names);
  const intents = createDialIntents({ redis, names, bus, queue, newCallId });
  const gateway = createSocketRegistry({ redis, names, gateway: 'gateway-1', leaseMs: 600_000 });
  await gateway.renewLeases();
  const metrics = createMetrics('api');
  const { health, stop } = createHealth({ redis, store });
  const watch = tenants.watchAccess();
  const access = createAgentAccess({
    secret: SECRET,
    current: watch.current,
    known: watch.known,
    providers: createProviderKeys({
      fetch: options.fetchKeys ?? (() => Promise.reject(new Error('there is no provider here'))),
      onRefreshFailed: () => undefined,
    }),
    ramalOf: (tenant, user) => findRamal(tenants.lookup, tenant, user),
  });
  const app = await createApp({
    store,
    lookup: tenants.lookup,
    historyOf: tenants.historyOf,
    bus,
    inbox: createAgentInbox(redis, names, bus),
    intents,
    limiter: createDialLimiter(redis, names),
    presence: createPresence(redis, names),
    live: createLivePersons(redis, names),
    subjectOf: createSubjectOf(Buffer.alloc(32, 7)),
    events: createEvents(logger, metrics),
    health,
    metrics: null,
    access,
    tokenTtlSec: 900,
    gatewayUrl: options.gatewayUrl ?? 'ws://127.0.0.1:4100',
    scripts: await readPublicScripts(),
    limits: {
      requestsPerMinutePerIp: 0,
      requestsPerMinutePerKey: 0,
      sessionsPerMinutePerKey: 0,
      trustedHops: 0,
      ...options.limits,
    },
    web: { allowedOrigins: [], frameAncestors: [], hstsSec: 0, ...options.web },
    demo: options.demo ?? null,
  });
  return {
    app,
    store,
    bus,
    intents,
    redisServer,
    gateway,
    async logIn(tenant, user) {
      const socket = gateway.prepare({ tenant, user }, null);
      await gateway.join(socket, true);
      return socket;
    },
    log,
    async ask({ credential, headers, ...request }) {
      const authorization = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
      const response = await app.inject({ ...request, headers: { ...authorization, ...headers } });
      const isJson = String(response.headers['content-type']).startsWith('application/json');
      return {
        status: response.statusCode,
        headers: response.headers,
        body: isJson ? JSON.parse(response.body) : null,
        text: response.body,
      };
    },
    token: (tenant, user, role) =>
      signAgentToken({ secret: SECRET, tenant, user, ramal: null, ttlSec: 60, role }),
    async close() {
      await app.close();
      stop();
      await queue.close();
      redis.disconnect();
      await tenants.close();
      await redisServer.stop();
      await database.drop();
    },
  };
}

async function fill(store: Store): Promise<void> {
  const tenants: [number, string, number, number][] = [
    [1, 'acme', 1, 1],
    [2, 'globex', 1, 0],
    [3, 'closed', 0, 1],
  ];
  for (const [id, tenant, active, usesCti] of tenants) {
    await store.query(
      'insert into wl_chamados_empresa (empresa_id, nome, ativo, tenant) values ($1, $2, $3, $2)',
      [id, tenant, active],
    );
    await store.query(
      `insert into empresas (empresa_id, usa_cti, cti_autenticacao, cti_tipo, cti_protocolo, cti_ip, cti_porta,
         cti_caminho, cti_usa_linha, cti_numero_linha, cti_usa_zero_ddd, cti_nome_origem, cti_nome_destino)
       values ($1, $2, 1, 10, 'https', 'cti.example', '8.080', 'dial', 0, '0', 0, 'origem', 'destino')`,
      [id, usesCti],
    );
  }
  const agents: [string, string, string | null, boolean][] = [
    ['acme', 'ana', '3501', true],
    ['acme', 'bruno', '3502', true],
    ['acme', 'noline', null, true],
    ['acme', 'gone', '3509', false],
    ['globex', 'gil', '2001', true],
    ['closed', 'cris', '1001', true],
  ];
  for (const [tenant, user, ramal, active] of agents) {
    await store.query(
      `insert into agents (tenant, user_name, display_name, ramal, agente, senha, active)
       values ($1, $2, $2, $3, $2, 'senha', $4)`,
      [tenant, user, ramal, active],
    );
  }
  const keys: [string, string, string | null, boolean][] = [
    [KEYS.acme, 'acme', 'acme', false],
    [KEYS.globex, 'globex', 'globex', false],
    [KEYS.all, 'all', null, false],
    [KEYS.revoked, 'revoked', 'acme', true],
  ];
  for (const [key, name, tenant, revoked] of keys) {
    await store.query(
      `insert into api_keys (key_hash, name, tenant, revoked_at)
       values ($1, $2, $3, case when $4 then now() end)`,
      [hashSecret(key), name, tenant, revoked],
    );
  }
}
