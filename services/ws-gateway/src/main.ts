import { createLogger, parseEnv, runService } from '@ramal/runtime';
import { configSchema } from './config.ts';
import { startGateway } from './service.ts';

try {
  const config = parseEnv(configSchema, process.env);
  const logger = createLogger('ws-gateway', config.LOG_LEVEL);
  await runService({
    logger,
    watchParent: config.RAMAL_PARENT_WATCH,
    releaseTimeoutMs: config.GATEWAY_DRAIN_MS + 3_000,
    start: (releasers) => startGateway(config, logger, releasers),
  });
} catch (error) {
  process.stderr.write(`ws-gateway: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
