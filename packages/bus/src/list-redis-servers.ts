import { parseRedisUrl, type RedisAddress, toHostPort } from '@ramal/contracts';
import { connectRedis } from './connect-redis.ts';
import { readReplication } from './read-replication.ts';
import { shareTopology } from './redis-topology.ts';

/**
 * All servers that hold the data, replicas too.
 * @throws RedisTopologyUnknownError when nobody says who they are
 */
export async function listRedisServers(url: string): Promise<RedisAddress[]> {
  const target = parseRedisUrl(url);
  if (target.kind === 'single') return [target.address];
  const { servers } = await shareTopology(url, target).look();
  if (target.kind === 'cluster') return [...servers];
  // The primary knows who follows it.
  const log = { info: () => undefined, warn: () => undefined };
  const redis = await connectRedis({ url, role: 'commands', name: 'servers', log });
  try {
    const { replicas } = await readReplication(redis);
    return [...servers, ...replicas.map(({ address }) => target.nat.get(toHostPort(address)) ?? address)];
  } finally {
    redis.disconnect();
  }
}
