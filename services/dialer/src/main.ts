import { announceFailpoints, createLogger, DIALER_FAILPOINTS, parseEnv, runService } from '@ramal/runtime';
import { configSchema } from './config.ts';
import { startDialer } from './service.ts';

try {
  const config = parseEnv(configSchema, process.env);
  const logger = createLogger('dialer', config.LOG_LEVEL);
  announceFailpoints(logger, DIALER_FAILPOINTS, process.env);
  await runService({
    logger,
    watchParent: config.RAMAL_PARENT_WATCH,
    start: (releasers) => startDialer(config, logger, releasers),
  });
} catch (error) {
  process.stderr.write(`dialer: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
