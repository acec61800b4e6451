import { createLogger, parseEnv, runService } from '@ramal/runtime';
import { configSchema } from './config.ts';
import { startWebhook } from './service.ts';

try {
  const config = parseEnv(configSchema, process.env);
  const logger = createLogger('webhook', config.LOG_LEVEL);
  await runService({
    logger,
    watchParent: config.RAMAL_PARENT_WATCH,
    start: (releasers) => startWebhook(config, logger, releasers),
  });
} catch (error) {
  process.stderr.write(`webhook: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
