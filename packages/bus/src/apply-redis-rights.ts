import { ROLE_SERVICES, type RoleService, toRoleName } from '@ramal/contracts';
import { Redis } from 'ioredis';
import { REDIS_RIGHTS, toAclRules } from './redis-rights.ts';

/**
 * Makes the services' users in a running Redis, with what each may do and no more; they are kept over a restart where the
 * server has an ACL file.
 * @param url of somebody who may do so
 */
export async function applyRedisRights(
  url: string,
  passwords: Readonly<Record<RoleService, string>>,
): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, commandTimeout: 10_000 });
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
