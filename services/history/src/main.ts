import { createLogger, giveWay, parseEnv, runService } from '@ramal/runtime';
import { configSchema } from './config.ts';
import { startHistory } from './service.ts';

try {
  const config = parseEnv(configSchema, process.env);
  const logger = createLogger('history', config.LOG_LEVEL);
  // What is stored a moment later keeps nobody waiting; a dial does.
  giveWay();
  await runService({
    logger,
    watchParent: config.RAMAL_PARENT_WATCH,
    start: (releasers) => startHistory(config, logger, releasers),
  });
} catch (error) {
  process.stderr.write(`history: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
