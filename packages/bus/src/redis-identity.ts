import type { Redis } from 'ioredis';
import { toPrimaries } from './connect-redis.ts';

/**
 * Which server answers, and which history of writes it has: another run id after a restart, another replication id after
 * a failover. Where it is not what it was, the last writes may be lost, for replication is asynchronous.
 * @throws when Redis does not answer
 */
export async function readRedisIdentity(redis: Pick<Redis, 'info'>): Promise<string> {
  const [server, replication] = await Promise.all([redis.info('server'), redis.info('replication')]);
  return `${toField(server, 'run_id')} ${toField(replication, 'master_replid')}`;
}

/** The same of all that a connection speaks to: on a cluster of each primary. @throws when one does not answer */
export async function readRedisIdentities(redis: Redis): Promise<string> {
  const primaries = toPrimaries(redis);
  if (primaries.length === 0) throw new Error('no primary of the cluster is known yet');
  const each = await Promise.all(primaries.map(readRedisIdentity));
  return each.sort().join(' ');
}

function toField(info: string, name: string): string {
  return new RegExp(`^${name}:(\\w+)`, 'm').exec(info)?.[1] ?? 'unknown';
}
