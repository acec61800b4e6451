import { connectRedis, createCallBus, createPresence } from '@ramal/bus';
import { createNames } from '@ramal/contracts';
import { createMetrics, type Logger, type Releasers, startOpsServer } from '@ramal/runtime';
import { connectStore, createTenantLookup } from '@ramal/store';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { createEvents } from './events.ts';
import { createCallbackIngest } from './ingest-callback.ts';

/** Wires the webhook in the order a callback flows through it. */
export async function startWebhook(config: Config, logger: Logger, releasers: Releasers): Promise<void> {
  const metrics = createMetrics('webhook');
  const events = createEvents(logger, metrics);
  const names = createNames(config.RAMAL_PARTITIONS);

  const redis = await connectRedis({ url: config.REDIS_URL, role: 'commands', name: 'webhook', log: logger });
  releasers.add('redis', () => redis.disconnect());
  const store = connectStore({
    databaseUrl: config.DATABASE_URL,
    applicationName: 'ramal-webhook',
    maxConnections: 4,
    onPoolError: (error) => events.backgroundFailed('postgres pool', error),
  });
  releasers.add('postgres', () => store.close());

  const ingest = createCallbackIngest({
    bus: createCallBus(redis, names),
    presence: createPresence(redis, names),
    events,
  });
  const app = createApp({
    lookup: createTenantLookup(store),
    ingest,
    events,
    maxBodyBytes: config.WEBHOOK_MAX_BODY_BYTES,
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
