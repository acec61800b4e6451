/** The services that have a role of their own in PostgreSQL and a user of their own in Redis (threat 12). */
export const ROLE_SERVICES = ['ws-gateway', 'dialer', 'webhook', 'history', 'api'] as const;
export type RoleService = (typeof ROLE_SERVICES)[number];

/** The name of a service's role and user; `owner` is who owns and migrates the tables. */
export function toRoleName(service: RoleService | 'owner'): string {
  return `ramal_${service.replaceAll('-', '_')}`;
}
