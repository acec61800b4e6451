import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { connectRedis, createCallBus, createEventStream, createOpenCalls } from '@ramal/bus';
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
import { connectTenants, findMaxCallMs } from '@ramal/store';
import type { Config } from './config.ts';
import { createEvents } from './events.ts';
import { startForgottenCalls } from './forgotten-calls.ts';
import { startPartitionReader } from './partition-reader.ts';
import { startPartitionTables } from './partition-tables.ts';
import { startReaper } from './reaper.ts';
import { startRetention } from './retention.ts';
import { startAuditSealer } from './audit-sealer.ts';
import { createTenantLanes } from './tenant-lanes.ts';

/** Far longer than any wait in a round: each command and each statement has an end, also without servers. */
const STALLED_AFTER_MS = 120_000;
/** Redis keeps a call for longer after its end: one that ended and is not stored yet is still there (KEEP). */
const BEHIND_AFTER_MS = 60 * 60_000;

/** Wires history: one reader a partition, each with a connection of its own to wait on. */
export async function startHistory(config: Config, logger: Logger, releasers: Releasers): Promise<void> {
  const metrics = createMetrics('history');
  const events = createEvents(logger, metrics);
  const names = createNames(config.RAMAL_PARTITIONS);
  const consumer = `${hostname()}-${randomBytes(6).toString('hex')}`;

  const masterKeys = await readMasterKeys(config);
  warnWithoutMasterKey(masterKeys, { logger, metrics });
  const tenants = connectTenants({
    databaseUrl: config.DATABASE_URL,
    applicationName: 'ramal-history',
    masterKey: masterKeys,
    maxConnections: Math.min(config.RAMAL_PARTITIONS, 8),
    onError: (what, error) => events.backgroundFailed(what, error),
  });
  releasers.add('postgres', () => tenants.close());
  const { store } = tenants;
  const tables = await startPartitionTables(store, config.HISTORY_PARTITION_MONTHS, events);
  releasers.add('monthly tables', () => tables.stop());

  const redis = await connectRedis({ url: config.REDIS_URL, role: 'commands', name: 'history', log: logger });
  releasers.add('redis', () => redis.disconnect());
  const partitions = Array.from({ length: names.partitions }, (_, partition) => partition);
  const streams = await Promise.all(
    partitions.map(async (partition) => {
      const name = `history-p${partition}`;
      const blocking = await connectRedis({
        url: config.REDIS_URL,
        role: 'blocking',
        name,
        log: logger,
        key: names.events(partition),
      });
      releasers.add(name, () => blocking.disconnect());
      return createEventStream(redis, blocking, names, partition);
    }),
  );
  const readers = streams.map((stream, partition) =>
    startPartitionReader({
      stream,
      store,
      lanes: createTenantLanes({ tenants, stream, events, partition, batch: config.HISTORY_BATCH }),
      events,
      partition,
      consumer,
      batch: config.HISTORY_BATCH,
      reclaimAfterMs: config.HISTORY_RECLAIM_AFTER_MS,
      gatherMs: config.HISTORY_GATHER_MS,
    }),
  );
  const reaping = {
    bus: createCallBus(redis, names),
    openCalls: createOpenCalls(redis, names),
    maxCallMsOf: (tenant: string) => findMaxCallMs(tenants.lookup, tenant),
    events,
  };
  const reaper = startReaper({ ...reaping, partitions: names.partitions });
  const forgotten = startForgottenCalls({
    ...reaping,
    tenants,
    isBehind: (tenant) => {
      const storedUpToMs = readers[names.partitionOf(tenant)]?.storedUpToMs() ?? 0;
      return storedUpToMs < Date.now() - BEHIND_AFTER_MS;
    },
  });
  const retention = startRetention({
    tenants,
    defaults: {
      days: config.HISTORY_RETENTION_DAYS || null,
      recordingDays: config.HISTORY_RECORDING_RETENTION_DAYS || null,
    },
    events,
  });
  const sealer = startAuditSealer({ tenants, events });
  metrics.gauge('ramal_history_lag', 'Events that are not in PostgreSQL yet', async () => {
    const lags = await Promise.all(streams.map((stream) => stream.lag()));
    return lags.reduce((sum, lag) => sum + lag, 0);
  });

  const stuck = () =>
    readers.filter((reader) => performance.now() - reader.lastTurnMs() > STALLED_AFTER_MS).length;
  const loop = createEventLoopCheck();
  releasers.add('event loop monitor', () => loop.stop());
  const ops = await startOpsServer({
    host: config.OPS_HOST,
    port: config.OPS_PORT,
    metrics,
    health: {
      live: [
        {
          name: 'readers',
          check: () => (stuck() > 0 ? `${stuck()} readers make no progress` : null),
        },
        loop,
      ],
      ready: [
        { name: 'redis', check: async () => ((await redis.ping()) === 'PONG' ? null : 'no pong') },
        {
          name: 'postgres',
          check: async () => ((await store.query('select 1')).rowCount === 1 ? null : 'no row'),
        },
      ],
    },
  });
  releasers.add('ops server', () => ops.close());
  // First of all at a stop: finish the batches and the calls under way.
  releasers.add('readers', async () => {
    await Promise.all([reaper, forgotten, retention, sealer, ...readers].map((worker) => worker.stop()));
  });
  logger.info({ opsPort: ops.port, partitions: names.partitions, consumer }, 'history is ready');
}
