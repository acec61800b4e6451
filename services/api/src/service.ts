import { hostname } from 'node:os';
import {
  connectRedis,
  createAgentInbox,
  createCallBus,
  createDialIntents,
  createDialLimiter,
  createDialQueue,
  createLivePersons,
  createPresence,
  createTraceRecorder,
} from '@ramal/bus';
import { createNames } from '@ramal/contracts';
import { createOutbound } from '@ramal/outbound';
import { createSubjectOf } from '@ramal/privacy';
import {
  createAgentAccess,
  createMetrics,
  createProviderKeys,
  type Logger,
  newCallId,
  readMasterKeys,
  type Releasers,
  startOpsServer,
  warnWithoutMasterKey,
} from '@ramal/runtime';
import { connectTenants, findRamal, knownMaxCallMs } from '@ramal/store';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { readPublicScripts } from './public-scripts.ts';
import { createEvents } from './events.ts';
import { createHealth } from './health.ts';
import { readPageFiles } from './page-files.ts';

/** Shorter than a client's patience, so that it gets an answer and no timeout. */
const STORE_TIMEOUTS = { connectMs: 3_000, statementMs: 5_000, lockMs: 3_000, queryMs: 6_000 };

const MAX_CONNECTIONS = 10;

/** Wires the api in the order a request flows through it; everything opened is released in reverse. */
export async function startApi(config: Config, logger: Logger, releasers: Releasers): Promise<void> {
  const metrics = createMetrics('api');
  const events = createEvents(logger, metrics);

  const redis = await connectRedis({ url: config.REDIS_URL, role: 'commands', name: 'api', log: logger });
  releasers.add('redis', () => redis.disconnect());
  const queue = createDialQueue(redis);
  releasers.add('dial queue', () => queue.close());
  const masterKeys = await readMasterKeys(config);
  warnWithoutMasterKey(masterKeys, { logger, metrics });
  const tenants = connectTenants({
    databaseUrl: config.DATABASE_URL,
    applicationName: 'ramal-api',
    masterKey: masterKeys,
    maxConnections: MAX_CONNECTIONS,
    timeouts: STORE_TIMEOUTS,
    onError: (_what, error) => events.idleConnectionLost(error),
  });
  releasers.add('postgres', () => tenants.close());
  const { store } = tenants;
  const accessWatch = tenants.watchAccess();
  const access = createAgentAccess({
    secret: config.AGENT_TOKEN_SECRET,
    current: accessWatch.current,
    known: accessWatch.known,
    providers: createProviderKeys({
      fetch: createOutbound({ allow: config.OUTBOUND_ALLOW }).fetchOutbound,
      onRefreshFailed: events.providerFailed,
    }),
    ramalOf: (tenant, user) => findRamal(tenants.lookup, tenant, user),
  });

  const names = createNames(config.RAMAL_PARTITIONS);
  const lost = metrics.counter('ramal_api_traces_dropped_total', 'Steps the flight recorder lost', ['why']);
  const recorder = createTraceRecorder({
    redis,
    names,
    by: `api@${hostname()}`,
    onDropped: (count, why) => lost.inc({ why }, count),
  });
  releasers.add('flight recorder', () => recorder.stop());
  const bus = createCallBus(redis, names, { recorder, maxCallMsOf: knownMaxCallMs(tenants.lookup) });
  const { health, stop } = createHealth({ redis, store });
  releasers.add('event loop monitor', stop);
  if (config.API_DEMO) events.demoOpened();
  const app = await createApp({
    store,
    lookup: tenants.lookup,
    historyOf: tenants.historyOf,
    bus,
    inbox: createAgentInbox(redis, names, bus),
    presence: createPresence(redis, names),
    live: createLivePersons(redis, names),
    subjectOf: createSubjectOf(masterKeys?.[0] ?? null),
    intents: createDialIntents({ redis, names, bus, queue, newCallId, recorder }),
    limiter: createDialLimiter(redis, names),
    events,
    health,
    metrics: config.API_EXPOSE_OPS ? metrics : null,
    access,
    tokenTtlSec: config.AGENT_TOKEN_TTL_SEC,
    gatewayUrl: config.API_PUBLIC_GATEWAY_URL.replace(/\/+$/, ''),
    scripts: await readPublicScripts(),
    limits: {
      requestsPerMinutePerIp: config.API_REQUESTS_PER_MINUTE_PER_IP,
      requestsPerMinutePerKey: config.API_REQUESTS_PER_MINUTE_PER_CREDENTIAL,
      sessionsPerMinutePerKey: config.API_SESSIONS_PER_MINUTE_PER_CREDENTIAL,
      trustedHops: config.API_TRUSTED_PROXIES,
    },
    web: {
      allowedOrigins: config.API_ALLOWED_ORIGINS,
      frameAncestors: config.API_FRAME_ANCESTORS,
      hstsSec: config.API_HSTS_SEC,
    },
    demo: config.API_DEMO
      ? { files: await readPageFiles(), simulatorUrl: config.API_DEMO_SIMULATOR_URL ?? null }
      : null,
  });
  await app.listen({ host: config.API_HOST, port: config.API_PORT });
  releasers.add('listener', () => app.close());

  const ops = await startOpsServer({ host: config.OPS_HOST, port: config.OPS_PORT, health, metrics });
  releasers.add('ops server', () => ops.close());
  logger.info({ port: config.API_PORT, opsPort: ops.port, demo: config.API_DEMO }, 'api is ready');
}
