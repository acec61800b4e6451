import { ROLE_SERVICES } from '@ramal/contracts';
import type { RolePasswords } from './grant-rights.ts';

/** The variable that holds the password of a service's role and user, such as `WS_GATEWAY_ROLE_PASSWORD`. */
function toPasswordVariable(service: string): string {
  return `${service.toUpperCase().replaceAll('-', '_')}_ROLE_PASSWORD`;
}

/** The passwords that an environment gives; roles without one keep theirs. */
export function readRolePasswords(env: Readonly<Record<string, string | undefined>>): RolePasswords {
  const given = [...ROLE_SERVICES, 'owner'].flatMap((service) => {
    const password = env[toPasswordVariable(service)];
    return password === undefined || password === '' ? [] : [[service, password] as const];
  });
  return Object.fromEntries(given);
}
