import { GIVES_WAY } from '@ramal/runtime';
import { type FoundServer, findPostgres, findRedis } from '@ramal/testkit';
import type { StackHome } from './stack-home.ts';
import { rememberStackPorts, type StackPorts } from './stack-ports.ts';

export interface StackServers {
  redis: FoundServer;
  postgres: FoundServer;
  /** What runs where, for people. */
  summary: string;
}

/** Finds or starts Redis and PostgreSQL side by side; remembers where those started by us listen. */
export async function findStackServers(
  home: StackHome,
  ports: StackPorts,
  log: (line: string) => void,
  env: NodeJS.ProcessEnv,
): Promise<StackServers> {
  const [redis, postgres] = await Promise.allSettled([
    findRedis({ dataDir: home.redisDir, preferredPort: ports.redis, log, env }),
    findPostgres({
      dataDir: home.postgresDir,
      preferredPort: ports.postgres,
      // Most of its work is the history's, and gives way like it.
      niceness: GIVES_WAY,
      log,
      env,
    }),
  ]);
  if (redis.status === 'rejected' || postgres.status === 'rejected') {
    for (const found of [redis, postgres]) if (found.status === 'fulfilled') await found.value.stop();
    throw redis.status === 'rejected' ? redis.reason : (postgres as PromiseRejectedResult).reason;
  }
  const servers = { redis: redis.value, postgres: postgres.value };
  await rememberStackPorts(home.portsFile, {
    ...ports,
    ...(servers.redis.kind === 'env' ? {} : { redis: servers.redis.port }),
    ...(servers.postgres.kind === 'env' ? {} : { postgres: servers.postgres.port }),
  });
  const where = ({ kind, port }: FoundServer) => `${kind}, port ${port}`;
  return { ...servers, summary: `Redis (${where(servers.redis)}), PostgreSQL (${where(servers.postgres)})` };
}
