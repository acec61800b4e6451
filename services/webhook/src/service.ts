import { hostname } from 'node:os';
import { connectRedis, createCallBus, createPresence, createTraceRecorder } from '@ramal/bus';
import { createNames } from '@ramal/contracts';
import { createMetrics, type Logger, type Releasers, startOpsServer } from '@ramal/runtime';
import { connectTenants } from '@ramal/store';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { createEvents } from './events.ts';
import { createCallbackIngest } from './ingest-callback.ts';
import { createRefusalNote } from './note-refusal.ts';
import { createRamalStateReader } from './ramal-state.ts';

/** Wires the webhook in the order a callback flows through it. */
export async function startWebhook(config: Config, logger: Logger, releasers: Releasers): Promise<void> {
  const metrics = createMetrics('webhook');
  const events = createEvents(logger, metrics);
  const names = createNames(config.RAMAL_PARTITIONS);

  const redis = await connectRedis({ url: config.REDIS_URL, role: 'commands', name: 'webhook', log: logger });
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
  const tenants = connectTenants({
    databaseUrl: config.DATABASE_URL,
    applicationName: 'ramal-webhook',
    masterKey: config.RAMAL_MASTER_KEY ?? null,
    maxConnections: 4,
    onError: (what, error) => events.backgroundFailed(what, error),
  });
  releasers.add('postgres', () => tenants.close());

  const bus = createCallBus(redis, names, recorder);
  const presence = createPresence(redis, names);
  const app = createApp({
    lookup: tenants.lookup,
    ingest: createCallbackIngest({ bus, presence, events, recorder }),
    noteRefusal: createRefusalNote({ bus, recorder }),
    readRamalState: createRamalStateReader({ bus, presence }),
    events,
    maxBodyBytes: config.WEBHOOK_MAX_BODY_BYTES,
    publicUrl: config.WEBHOOK_PUBLIC_URL,
  });

  const ops = await startOpsServer({
    host: config.OPS_HOST,
    port: config.OPS_PORT,
    metrics,
    health: {
      live: [{ name: 'http', check: () => (app.server.listening ? null : 'not listening') }],
      ready: [
        { name: 'http', check: () => (app.server.listening ? null : 'not listening') },
        { name: 'redis', check: async () => ((await redis.ping()) === 'PONG' ? null : 'no pong') },
      ],
    },
  });
  releasers.add('ops server', () => ops.close());
  await app.listen({ host: config.WEBHOOK_HOST, port: config.WEBHOOK_PORT });
  // First of all at a stop: answer what has come in, take nothing new.
  releasers.add('http', () => app.close());
  logger.info({ port: config.WEBHOOK_PORT, opsPort: ops.port }, 'webhook is ready');
}
