import { hostname } from 'node:os';
import {
  connectRedis,
  createCallBus,
  createCtiGate,
  createDialIntents,
  createDialQueue,
  createSentGuard,
  createTraceRecorder,
} from '@ramal/bus';
import { createNames, DIAL_QUEUE, parseRedisUrl } from '@ramal/contracts';
import { createOutbound } from '@ramal/outbound';
import {
  createEventLoopCheck,
  createMetrics,
  createProgressCheck,
  type Logger,
  newCallId,
  readMasterKeys,
  type Releasers,
  startOpsServer,
  warnWithoutMasterKey,
} from '@ramal/runtime';
import { connectTenants, knownMaxCallMs } from '@ramal/store';
import type { Config } from './config.ts';
import { startDialWorker } from './dial-worker.ts';
import { createEvents } from './events.ts';
import { runDial } from './run-dial.ts';

/**
 * A dialer that has finished nothing for this long is stuck. Each one puts a canary into the queue every ten seconds; with
 * several of them another one may take it, but hardly all of them for so long.
 */
const STALLED_AFTER_MS = 120_000;

/** Wires the dialer in the order a dial flows through it. */
export async function startDialer(config: Config, logger: Logger, releasers: Releasers): Promise<void> {
  const metrics = createMetrics('dialer');
  const events = createEvents(logger, metrics);
  const names = createNames(config.RAMAL_PARTITIONS);

  const redis = await connectRedis({ url: config.REDIS_URL, role: 'commands', name: 'dialer', log: logger });
  releasers.add('redis', () => redis.disconnect());
  const lost = metrics.counter('ramal_dialer_traces_dropped_total', 'Steps the flight recorder lost', [
    'why',
  ]);
  const recorder = createTraceRecorder({
    redis,
    names,
    by: `dialer@${hostname()}`,
    onDropped: (count, why) => lost.inc({ why }, count),
  });
  releasers.add('flight recorder', () => recorder.stop());
  const masterKeys = await readMasterKeys(config);
  warnWithoutMasterKey(masterKeys, { logger, metrics });
  const tenants = connectTenants({
    databaseUrl: config.DATABASE_URL,
    applicationName: 'ramal-dialer',
    masterKey: masterKeys,
    maxConnections: 8,
    onError: (what, error) => events.backgroundFailed(what, error),
  });
  releasers.add('postgres', () => tenants.close());

  const guard = createSentGuard({
    names,
    replicas: config.DIALER_WAIT_REPLICAS,
    kind: parseRedisUrl(config.REDIS_URL).kind,
    connect: (key) =>
      connectRedis({ url: config.REDIS_URL, role: 'commands', name: 'dialer-guard', log: logger, key }),
  });
  releasers.add('sent guard', () => guard.close());
  const queueConnection = await connectRedis({
    url: config.REDIS_URL,
    role: 'queue',
    name: 'dialer-queue',
    log: logger,
    key: `${DIAL_QUEUE.prefix}:${DIAL_QUEUE.name}`,
  });
  releasers.add('redis queue', () => queueConnection.disconnect());
  const deps = {
    guard,
    intents: createDialIntents({
      redis,
      names,
      bus: createCallBus(redis, names, { recorder, maxCallMsOf: knownMaxCallMs(tenants.lookup) }),
      queue: null,
      newCallId,
    }),
    gate: createCtiGate(redis, names),
    lookup: tenants.lookup,
    events,
    connectTimeoutMs: config.DIALER_CONNECT_TIMEOUT_MS,
    outbound: createOutbound({
      allow: config.OUTBOUND_ALLOW,
      onSkipped: (fields) => events.addressDenied(fields),
    }),
    recorder,
  };
  const progress = createProgressCheck({
    name: 'worker',
    problem: 'the worker makes no progress',
    stalledAfterMs: STALLED_AFTER_MS,
    // Without Redis there is no progress to make, and a restart would not bring it back.
    isAway: () => redis.status !== 'ready',
  });
  releasers.add('progress', () => progress.stop());
  const loop = createEventLoopCheck();
  releasers.add('event loop monitor', () => loop.stop());
  const worker = startDialWorker({
    redis: queueConnection,
    concurrency: config.DIALER_CONCURRENCY,
    run: (job, attempt) => runDial(job, attempt, deps),
    events,
    onProgress: progress.progressed,
  });
  const queue = createDialQueue(redis);
  releasers.add('queue depth', () => queue.close());
  metrics.gauge('ramal_dialer_queue_depth', 'Dials that wait for a dialer', () => queue.waiting());

  const ops = await startOpsServer({
    host: config.OPS_HOST,
    port: config.OPS_PORT,
    metrics,
    health: {
      live: [progress, loop],
      ready: [
        { name: 'redis', check: async () => ((await redis.ping()) === 'PONG' ? null : 'no pong') },
        {
          name: 'postgres',
          check: async () => ((await tenants.store.query('select 1')).rowCount === 1 ? null : 'no row'),
        },
      ],
    },
  });
  releasers.add('ops server', () => ops.close());
  // First of all at a stop: finish what has begun.
  releasers.add('worker', () => worker.close());
  logger.info({ opsPort: ops.port, concurrency: config.DIALER_CONCURRENCY }, 'dialer is ready');
}
