import { parseRedisUrl, ROLE_SERVICES, type RoleService, toRoleName } from '@ramal/contracts';
import { Redis, type RedisOptions } from 'ioredis';
import { listRedisServers } from './list-redis-servers.ts';
import { REDIS_RIGHTS, toAclRules } from './redis-rights.ts';

/**
 * Makes the services' users in a running Redis, with what each may do and no more; they are kept over a restart where the
 * server has an ACL file. Users are no data: behind Sentinels and on a cluster each server gets them, replicas too.
 * @param url of somebody who may do so
 */
export async function applyRedisRights(
  url: string,
  passwords: Readonly<Record<RoleService, string>>,
): Promise<void> {
  const target = parseRedisUrl(url);
  const options: Omit<RedisOptions, 'replyMapping'> = {
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    commandTimeout: 10_000,
    disableClientInfo: true,
  };
  if (target.kind === 'single') return applyTo(new Redis(url, options), passwords);
  for (const server of await listRedisServers(url)) {
    const { username = '', password = '', tls } = target;
    const login = { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
    await applyTo(new Redis({ ...options, ...server, ...login, ...(tls ? { tls: {} } : {}) }), passwords);
  }
}

async function applyTo(redis: Redis, passwords: Readonly<Record<RoleService, string>>): Promise<void> {
  redis.on('error', () => undefined); // the command that fails tells
  await redis.connect();
  try {
    for (const service of ROLE_SERVICES) {
      const rules = toAclRules(REDIS_RIGHTS[service]);
      await redis.acl('SETUSER', toRoleName(service), 'on', 'resetpass', `>${passwords[service]}`, ...rules);
    }
    // A server without an ACL file refuses, and has the users until it stops.
    await redis.acl('SAVE').catch(() => undefined);
  } finally {
    redis.disconnect();
  }
}

/**
 * The ACL file of a server, for its `aclfile`: the services' users, and the default one with a password of its own or, without
 * one, switched off.
 * @param passwords what stands in their place, such as a hash or the name of a variable
 */
export function toAclFile(passwords: Readonly<Record<RoleService | 'default', string | null>>): string {
  const lines = ROLE_SERVICES.map((service) =>
    [`user ${toRoleName(service)}`, 'on', passwords[service], ...toAclRules(REDIS_RIGHTS[service])].join(' '),
  );
  const first =
    passwords.default === null ? 'user default off' : `user default on ${passwords.default} ~* &* +@all`;
  return [first, ...lines, ''].join('\n');
}
