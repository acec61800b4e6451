import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/**
 * Says at the start, and for as long as the process runs, that secrets lie in the database as they were written: they
 * work, but whoever reads the database or a backup of it has them (threat 3).
 */
export function warnWithoutMasterKey(
  masterKeys: readonly Buffer[] | null,
  { logger, metrics }: { logger: Logger; metrics: Metrics },
): void {
  const missing = masterKeys === null;
  metrics.gauge(
    'ramal_master_key_missing',
    'Whether secrets are left in plain text in the database, for want of a master key',
    () => Number(missing),
  );
  if (missing)
    logger.warn(
      {},
      'NO MASTER KEY: passwords and tokens stay in plain text in PostgreSQL. Set RAMAL_MASTER_KEY or RAMAL_MASTER_KEY_FILE',
    );
}
