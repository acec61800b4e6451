import { createLogger, parseEnv, runService } from '@ramal/runtime';
import { configSchema } from './config.ts';
import { startApi } from './service.ts';

try {
  const config = parseEnv(configSchema, process.env);
  const logger = createLogger('api', config.LOG_LEVEL);
  await runService({
    logger,
    watchParent: config.RAMAL_PARENT_WATCH,
    start: (releasers) => startApi(config, logger, releasers),
  });
} catch (error) {
  process.stderr.write(`api: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
