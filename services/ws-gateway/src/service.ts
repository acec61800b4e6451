import { hostname } from 'node:os';
import {
  connectRedis,
  connectSubscriber,
  createAgentFeed,
  createAgentInbox,
  createCallBus,
  createDialIntents,
  createDialLimiter,
  createDialQueue,
  createDownCtis,
  createPopupReactions,
  createSocketRegistry,
  createTraceRecorder,
  readRedisIdentities,
  startFeedProbe,
} from '@ramal/bus';
import { createNames, MAX_FRAME_BYTES } from '@ramal/contracts';
import { createOutbound } from '@ramal/outbound';
import {
  createAgentAccess,
  createEventLoopCheck,
  createMetrics,
  createProgressCheck,
  createProviderKeys,
  type Logger,
  newCallId,
  readMasterKeys,
  type Releasers,
  startOpsServer,
  warnWithoutMasterKey,
} from '@ramal/runtime';
import { connectTenants, findRamal, knownMaxCallMs } from '@ramal/store';
import { createAccessSweep } from './access-sweep.ts';
import { createAdmission } from './admission.ts';
import { createAgentHub } from './agent-hub.ts';
import { createAgentRequests } from './agent-requests.ts';
import type { Config } from './config.ts';
import { openConnection } from './connection.ts';
import { startDownCtis } from './down-ctis.ts';
import { drain } from './drain.ts';
import { createEvents } from './events.ts';
import { createLegacyLogin } from './legacy-login.ts';
import { newGatewayId } from './gateway-id.ts';
import { startPresenceKeeper } from './presence-keeper.ts';
import { createRedisLink } from './redis-link.ts';
import { startTenantWatch } from './tenant-watch.ts';
import { loadUws } from './uws-module.ts';
import { startUwsServer } from './uws-server.ts';
import { startWatchdog } from './watchdog.ts';

/** What closing the last sockets may take beside the time that agents are given. */
const DRAIN_GRACE_MS = 5_000;
/** A round of the watchdog takes milliseconds, and some seconds where Redis does not answer. */
const STALLED_AFTER_MS = 30_000;
/** Connections are made anew every few seconds, and all inboxes are read within some more. */
const CUT_OFF_AFTER_MS = 120_000;

/** Wires the gateway in the order a click flows through it; everything opened is released in reverse. */
export async function startGateway(config: Config, logger: Logger, releasers: Releasers): Promise<void> {
  const metrics = createMetrics('ws-gateway');
  const events = createEvents(logger, metrics);
  const names = createNames(config.RAMAL_PARTITIONS);
  const partitions = Array.from({ length: names.partitions }, (_, partition) => partition);

  const redis = await connectRedis({ url: config.REDIS_URL, role: 'commands', name: 'gateway', log: logger });
  releasers.add('redis', () => redis.disconnect());
  const lost = metrics.counter('ramal_gateway_traces_dropped_total', 'Steps the flight recorder lost', [
    'why',
  ]);
  const recorder = createTraceRecorder({
    redis,
    names,
    by: `gateway@${hostname()}`,
    onDropped: (count, why) => lost.inc({ why }, count),
  });
  releasers.add('flight recorder', () => recorder.stop());
  const subscriber = await connectSubscriber({ url: config.REDIS_URL, name: 'gateway-feed', log: logger });
  releasers.add('redis feed', () => subscriber.disconnect());
  const masterKeys = await readMasterKeys(config);
  warnWithoutMasterKey(masterKeys, { logger, metrics });
  const tenants = connectTenants({
    databaseUrl: config.DATABASE_URL,
    applicationName: 'ramal-ws-gateway',
    masterKey: masterKeys,
    maxConnections: 4,
    onError: (what, error) => events.backgroundFailed(what, error),
  });
  releasers.add('postgres', () => tenants.close());
  const queue = createDialQueue(redis);
  releasers.add('dial queue', () => queue.close());

  const bus = createCallBus(redis, names, { recorder, maxCallMsOf: knownMaxCallMs(tenants.lookup) });
  const inbox = createAgentInbox(redis, names, bus);
  const intents = createDialIntents({ redis, names, bus, queue, newCallId, recorder });
  const gatewayId = newGatewayId();
  const feed = createAgentFeed(subscriber, names);
  const hub = createAgentHub(feed, events);
  const link = createRedisLink({
    feed,
    hub,
    events,
    readIdentity: () => readRedisIdentities(redis),
    identity: await readRedisIdentities(redis),
  });
  releasers.add('redis link', () => link.stop());
  feed.onReconnected(link.reconnected);
  const probe = startFeedProbe({
    commands: redis,
    subscriber,
    channels: redis.isCluster
      ? partitions.map((partition) => names.partitionProbe(partition, gatewayId))
      : [names.gatewayProbe(gatewayId)],
    onSilent: link.silent,
    onHeard: link.heard,
  });
  releasers.add('feed probe', () => probe.stop());
  const downCtis = startDownCtis({ read: createDownCtis(redis, names), events });
  releasers.add('down ctis', () => downCtis.stop());
  const requests = createAgentRequests({
    lookup: tenants.lookup,
    intents,
    limiter: createDialLimiter(redis, names),
    reactions: createPopupReactions(bus, inbox),
    downCtis,
    events,
  });

  const rounds = createProgressCheck({
    name: 'watchdog',
    problem: 'the watchdog makes no progress',
    stalledAfterMs: STALLED_AFTER_MS,
    isAway: () => redis.status !== 'ready',
  });
  const fed = createProgressCheck({
    name: 'feed',
    problem: 'nothing is heard of redis although it answers',
    stalledAfterMs: CUT_OFF_AFTER_MS,
    isAway: () => redis.status !== 'ready' || !link.cutOff(),
  });
  const loop = createEventLoopCheck();
  releasers.add('liveness', () => {
    for (const check of [rounds, fed, loop]) check.stop();
  });
  const watchdog = startWatchdog({
    intents,
    partitions: names.partitions,
    events,
    onProgress: rounds.progressed,
  });
  releasers.add('watchdog', () => watchdog.stop());
  const watch = startTenantWatch({ hub, tenantState: requests.tenantState, link, events });
  releasers.add('tenant watch', () => watch.stop());
  const registry = createSocketRegistry({ redis, names, gateway: gatewayId });
  const presence = await startPresenceKeeper({ registry, events });
  releasers.add('presence', () => presence.stop());
  redis.on('ready', () => presence.restore());
  // On a cluster one node may be replaced and the others not.
  if (redis.isCluster) feed.onReconnected(() => presence.restore());

  const { uws, name, native } = loadUws();
  if (!native)
    logger.warn(
      { build: name },
      'uWebSockets.js runs in its slow JavaScript version: use Node 20 on this system, or Debian 13',
    );
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
  accessWatch.onChange(createAccessSweep({ hub, access, events }));
  const login = createLegacyLogin({
    verify: access.verify,
    credentials: tenants.lookup.credentials,
    allowPasswords: config.GATEWAY_LEGACY_PASSWORDS,
  });
  let accepting = true;
  if (config.GATEWAY_ALLOWED_ORIGINS.includes('*')) events.originsOpen();
  const admission = createAdmission(
    {
      socketsPerIp: config.GATEWAY_MAX_SOCKETS_PER_IP,
      unauthenticated: config.GATEWAY_MAX_UNAUTHENTICATED,
      unauthenticatedPerIp: config.GATEWAY_MAX_UNAUTHENTICATED_PER_IP,
      handshakesPerMinutePerIp: config.GATEWAY_HANDSHAKES_PER_MINUTE_PER_IP,
      socketsPerTenant: config.GATEWAY_MAX_SOCKETS_PER_TENANT,
    },
    () => performance.now(),
  );
  metrics.gauge('ramal_gateway_sockets', 'Open sockets', () => admission.counts().open);
  metrics.gauge(
    'ramal_gateway_unauthenticated',
    'Open sockets without auth',
    () => admission.counts().unauthenticated,
  );
  const server = await startUwsServer({
    uws,
    host: config.GATEWAY_HOST,
    port: config.GATEWAY_PORT,
    maxBackpressureBytes: config.GATEWAY_MAX_BACKPRESSURE_BYTES,
    maxFrameBytes: MAX_FRAME_BYTES,
    isOriginAllowed: (origin) =>
      config.GATEWAY_ALLOWED_ORIGINS.includes('*') ||
      config.GATEWAY_ALLOWED_ORIGINS.includes(origin.toLowerCase()),
    admission,
    trustedHops: config.GATEWAY_TRUSTED_PROXIES,
    silenceMs: config.GATEWAY_SILENCE_MS,
    onRefused: (reason) => events.handshakeRefused(reason),
    onSilent: () => events.limited('silence'),
    isAccepting: () => accepting,
    onOpen: (socket, admitted) =>
      openConnection(
        socket,
        {
          hub,
          inbox,
          presence,
          requests,
          link,
          events,
          verify: access.verify,
          requireStanding: access.requireStanding,
          login,
          authTimeoutMs: config.GATEWAY_AUTH_TIMEOUT_MS,
          heartbeatMs: config.GATEWAY_HEARTBEAT_MS,
          maxSocketsPerAgent: config.GATEWAY_MAX_SOCKETS_PER_AGENT,
          messagesPerSec: config.GATEWAY_MESSAGES_PER_SEC,
          bytesPerSec: config.GATEWAY_BYTES_PER_SEC,
          maxFrameBytes: MAX_FRAME_BYTES,
          recorder,
        },
        admitted,
      ),
  });
  metrics.gauge('ramal_gateway_agents', 'Authenticated sockets', () => hub.all().length);
  releasers.add('listener', () => server.close());

  metrics.gauge('ramal_gateway_cut_off', 'Whether the gateway is cut off from Redis', () =>
    Number(link.cutOff()),
  );

  const ops = await startOpsServer({
    host: config.OPS_HOST,
    port: config.OPS_PORT,
    metrics,
    health: {
      // Without Redis nothing progresses and a restart mends nothing: then only readiness speaks.
      live: [rounds, fed, loop],
      ready: [
        { name: 'accepting', check: () => (accepting ? null : 'stopping') },
        { name: 'redis', check: async () => ((await redis.ping()) === 'PONG' ? null : 'no pong') },
        { name: 'feed', check: () => (subscriber.status === 'ready' ? null : subscriber.status) },
        { name: 'link', check: () => (link.cutOff() ? 'cut off from redis' : null) },
      ],
    },
  });
  releasers.add('ops server', () => ops.close());
  releasers.add(
    'agents',
    () => {
      accepting = false;
      return drain(hub, config.GATEWAY_DRAIN_MS);
    },
    config.GATEWAY_DRAIN_MS + DRAIN_GRACE_MS,
  );
  logger.info({ port: server.port, opsPort: ops.port, build: name }, 'ws-gateway is ready');
}
