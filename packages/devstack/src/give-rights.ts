import { createHmac } from 'node:crypto';
import { applyRedisRights } from '@ramal/bus';
import { ROLE_SERVICES, type RoleService, toRoleName, withRedisUser } from '@ramal/contracts';
import { grantRights } from '@ramal/store';
import type { FoundServer } from '@ramal/testkit';
import type { ServerUrls } from './process-specs.ts';

/**
 * Gives each service a role in PostgreSQL and a user in Redis with what it needs and no more (threat 12), so that whatever
 * runs here runs with these rights in production too.
 * @returns the addresses that each service connects to
 */
export async function giveRights(
  { redis, postgres }: { redis: FoundServer; postgres: FoundServer },
  wanted: 'least' | 'full' | undefined,
  log: (line: string) => void,
): Promise<(service: RoleService) => ServerUrls> {
  // A server that was given may be a person's own: nothing is made there unasked.
  const isLeast = ({ kind }: FoundServer) => (wanted ?? (kind === 'env' ? 'full' : 'least')) === 'least';
  const passwords = toPasswords(postgres.url);
  const inPostgres = isLeast(postgres) && (await tryGrant(postgres.url, passwords, log));
  if (isLeast(redis)) await applyRedisRights(redis.url, passwords);
  return (service) => ({
    databaseUrl: inPostgres ? withUser(postgres.url, service, passwords) : postgres.url,
    redisUrl: isLeast(redis) ? withRedisUser(redis.url, toRoleName(service), passwords[service]) : redis.url,
  });
}

/** False where the user of the address may not make roles. */
async function tryGrant(
  databaseUrl: string,
  passwords: Record<RoleService, string>,
  log: (line: string) => void,
): Promise<boolean> {
  try {
    await grantRights(databaseUrl, passwords);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== '42501') throw error;
    log('  the database user may not make roles: the services use it themselves');
    return false;
  }
}

/**
 * Roles are the cluster's, which stacks may share: whoever knows the administrator's password comes to the same ones, and
 * nobody else does.
 */
function toPasswords(databaseUrl: string): Record<RoleService, string> {
  const { password } = new URL(databaseUrl);
  const of = (service: RoleService) =>
    createHmac('sha256', password).update(`ramal role ${service}`).digest('hex');
  return Object.fromEntries(ROLE_SERVICES.map((service) => [service, of(service)])) as Record<
    RoleService,
    string
  >;
}

function withUser(address: string, service: RoleService, passwords: Record<RoleService, string>): string {
  const url = new URL(address);
  url.username = toRoleName(service);
  url.password = passwords[service];
  return url.href;
}
