import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import {
  connectRedis,
  createCallBus,
  createPresence,
  createTraceRecorder,
  createWebhookIds,
  readRedisIdentities,
} from '@ramal/bus';
import { createNames } from '@ramal/contracts';
import {
  createEventLoopCheck,
  createMetrics,
  type Logger,
  readMasterKeys,
  type Releasers,
  startOpsServer,
  warnWithoutMasterKey,
} from '@ramal/runtime';
import { connectTenants, knownMaxCallMs } from '@ramal/store';
import { createApp } from './app.ts';
import { createBasicCheck } from './basic-check.ts';
import { buryCallback } from './bury-callback.ts';
import { createCallbackDoor } from './callback-door.ts';
import { createCallbackGuard } from './callback-guard.ts';
import type { Config } from './config.ts';
import { createEvents } from './events.ts';
import { createFloodGate } from './flood-gate.ts';
import { createCallbackIngest } from './ingest-callback.ts';
import { createRefusalNote } from './note-refusal.ts';
import { createRamalStateReader } from './ramal-state.ts';
import { createRedisClock } from './journal/redis-clock.ts';
import { type RunningJournal, startJournal } from './journal/start-journal.ts';
import { createLateTeller } from './journal/tell-redis.ts';
import { createCallbackTeller } from './tell-callback.ts';
import { createTenantLanes } from './tenant-lanes.ts';

/** No CTI waits much longer for its answer. */
const LONGEST_WAIT_MS = 4_000;
/** What has begun when the drain is over: as long as a callback may wait for its turn. */
const HTTP_STOP_MS = 5_000;

/** Wires the webhook in the order a callback flows through it. */
export async function startWebhook(config: Config, logger: Logger, releasers: Releasers): Promise<void> {
  const metrics = createMetrics('webhook');
  const events = createEvents(logger, metrics);
  const names = createNames(config.RAMAL_PARTITIONS);

  const redis = await connectRedis({
    url: config.REDIS_URL,
    role: 'commands',
    name: 'webhook',
    log: logger,
    patient: config.WEBHOOK_JOURNAL,
  });
  releasers.add('redis', () => redis.disconnect());
  const lost = metrics.counter('ramal_webhook_traces_dropped_total', 'Steps the flight recorder lost', [
    'why',
  ]);
  const recorder = createTraceRecorder({
    redis,
    names,
    by: `webhook@${hostname()}`,
    onDropped: (count, why) => lost.inc({ why }, count),
  });
  releasers.add('flight recorder', () => recorder.stop());
  const masterKeys = await readMasterKeys(config);
  warnWithoutMasterKey(masterKeys, { logger, metrics });
  const tenants = connectTenants({
    databaseUrl: config.DATABASE_URL,
    applicationName: 'ramal-webhook',
    masterKey: masterKeys,
    maxConnections: 4,
    onError: (what, error) => events.backgroundFailed(what, error),
  });
  releasers.add('postgres', () => tenants.close());

  const bus = createCallBus(redis, names, { recorder, maxCallMsOf: knownMaxCallMs(tenants.lookup) });
  const presence = createPresence(redis, names);
  const plainIds = createWebhookIds(redis, names);
  const clock = createRedisClock();
  const tellCallback = createCallbackTeller({
    bus,
    presence,
    onConflict: () => events.conflictRetried(),
    onRedisTime: (nowMs) => clock.heard(nowMs),
  });
  let journal: RunningJournal | null = null;
  if (config.WEBHOOK_JOURNAL) {
    journal = await startJournal({
      folder: config.WEBHOOK_JOURNAL_DIR,
      maxBytes: config.WEBHOOK_JOURNAL_MAX_BYTES,
      masterKeys,
      isConnected: () => redis.status === 'ready',
      readIdentity: () => readRedisIdentities(redis),
      onConnectionLost: (lost) => redis.on('close', lost),
      clock,
      tellCallback,
      webhookIds: plainIds,
      late: (webhookIds) => createLateTeller({ bus, presence, tellCallback, webhookIds }),
      bury: ({ id, tenant, payload, error }) => buryCallback(tenants, names, { id, tenant, payload, error }),
      events,
      recorder,
      logger,
      metrics,
    });
    const { stop } = journal;
    releasers.add('journal', stop);
  }
  const noteRefusal = createRefusalNote({ bus, recorder });
  const trustedProxies = config.WEBHOOK_TRUSTED_PROXIES;
  const gate = createFloodGate({
    requestsPerSec: config.WEBHOOK_ADDRESS_RATE,
    triesPerSec: config.WEBHOOK_TRIES_PER_ADDRESS,
  });
  const guard = createCallbackGuard({
    protectionOf: (tenant) => tenants.callbackProtections.of(tenant),
    basic: createBasicCheck(),
    webhookIds: journal?.webhookIds ?? plainIds,
    mayTry: (address) => gate.mayTry(address),
    onBusy: () => events.shed('passwords'),
    onMarkFailed: (error) => events.backgroundFailed('marking a webhook-id', error),
  });
  const lanes = createTenantLanes({
    concurrency: config.WEBHOOK_TENANT_CONCURRENCY,
    queue: config.WEBHOOK_TENANT_QUEUE,
    perSec: config.WEBHOOK_TENANT_RATE,
    longestWaitMs: LONGEST_WAIT_MS,
    onShed: (limit) => events.shed(limit),
  });
  const { lookup } = tenants;
  let stopping = false;
  const app = createApp({
    door: createCallbackDoor({ lookup, guard, gate, lanes, events, noteRefusal, trustedProxies }),
    ingest: journal?.ingest ?? createCallbackIngest({ bus, presence, events, recorder }),
    noteRefusal,
    readRamalState: createRamalStateReader({ bus, presence }),
    events,
    maxBodyBytes: config.WEBHOOK_MAX_BODY_BYTES,
    requestTimeoutMs: config.WEBHOOK_REQUEST_TIMEOUT_MS,
    connections: {
      most: config.WEBHOOK_MAX_CONNECTIONS,
      mostPerAddress: trustedProxies > 0 ? null : config.WEBHOOK_MAX_CONNECTIONS_PER_ADDRESS,
    },
    isStopping: () => stopping,
    publicUrl: config.WEBHOOK_PUBLIC_URL,
  });

  const loop = createEventLoopCheck();
  releasers.add('event loop monitor', () => loop.stop());
  const ops = await startOpsServer({
    host: config.OPS_HOST,
    port: config.OPS_PORT,
    metrics,
    health: {
      live: [
        { name: 'http', check: () => (app.server.listening ? null : 'not listening') },
        loop,
        ...(journal === null ? [] : [journal.live]),
      ],
      // With Redis down the journal takes callbacks: a load balancer must not take all webhooks out for that.
      ready: [
        {
          name: 'http',
          check: () => (stopping ? 'stopping' : app.server.listening ? null : 'not listening'),
        },
        journal?.ready ?? {
          name: 'redis',
          check: async () => ((await redis.ping()) === 'PONG' ? null : 'no pong'),
        },
      ],
    },
  });
  releasers.add('ops server', () => ops.close());
  await app.listen({ host: config.WEBHOOK_HOST, port: config.WEBHOOK_PORT });
  // First of all at a stop: tell those who call to go elsewhere, then answer what has come in and take nothing new.
  const drainMs = config.WEBHOOK_DRAIN_MS;
  const stopHttp = async () => {
    stopping = true;
    await delay(drainMs);
    await app.close();
  };
  releasers.add('http', stopHttp, drainMs + HTTP_STOP_MS);
  logger.info({ port: config.WEBHOOK_PORT, opsPort: ops.port }, 'webhook is ready');
}
