import { createLogger, DEFAULT_STOP_TIMEOUT_MS, parseEnv, runService } from '@ramal/runtime';
import { configSchema } from './config.ts';
import { startGateway } from './service.ts';

try {
  const config = parseEnv(configSchema, process.env);
  const logger = createLogger('ws-gateway', config.LOG_LEVEL);
  await runService({
    logger,
    watchParent: config.RAMAL_PARENT_WATCH,
    // Agents leave first, however long they are given for it.
    stopTimeoutMs: config.GATEWAY_DRAIN_MS + DEFAULT_STOP_TIMEOUT_MS,
    start: (releasers) => startGateway(config, logger, releasers),
  });
} catch (error) {
  process.stderr.write(`ws-gateway: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
