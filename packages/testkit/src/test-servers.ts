import { type RestartableServer, startRestartable } from './restartable-server.ts';
import { startOwnRedis } from './servers/find-redis.ts';
import { startLocalPostgres } from './servers/local-postgres.ts';

/** A Redis that a test file may stop and kill; files that only need one share that of `REDIS_URL`. */
export function startTestRedis(): Promise<RestartableServer> {
  return startRestartable('redis', startOwnRedis);
}

/**
 * A PostgreSQL that a test file may stop and kill; files that only need a database use `createTestDatabase`.
 * @param survivesKill whether what it has acknowledged survives `kill`; default false
 */
export function startTestPostgres(survivesKill = false): Promise<RestartableServer> {
  return startRestartable('postgres', startLocalPostgres, survivesKill);
}
