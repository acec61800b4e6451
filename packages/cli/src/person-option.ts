import type { Person } from '@ramal/calls';
import { erasureRequest, userId } from '@ramal/contracts';
import { parseTenant } from './open-directory.ts';
import { UsageError } from './usage-error.ts';

export const PERSON_OPTIONS = {
  tenant: { type: 'string', placeholder: 'TENANT', help: 'whose data it is' },
  number: { type: 'string', placeholder: 'NUMBER', help: 'who has this number, in any spelling' },
  user: { type: 'string', placeholder: 'USER', help: 'this user of the company' },
} as const;

/** @throws UsageError unless it is one person of one tenant */
export function parsePerson(options: { [Name in keyof typeof PERSON_OPTIONS]?: string | undefined }): {
  tenant: string;
  person: Person;
} {
  const { number, user } = options;
  if (options.tenant === undefined) throw new UsageError('say whose data it is: --tenant TENANT.');
  const tenant = parseTenant(options.tenant);
  if ((number === undefined) === (user === undefined)) {
    throw new UsageError('say who: either --number NUMBER or --user USER.');
  }
  if (user !== undefined) {
    if (!userId.safeParse(user).success) throw new UsageError('a user has a name of 1 to 128 characters.');
    return { tenant, person: { kind: 'user', user } };
  }
  const parsed = erasureRequest.safeParse({ number });
  if (!parsed.success || parsed.data.number === undefined) {
    throw new UsageError('a number holds 7 digits at least; extensions are no persons.');
  }
  return { tenant, person: { kind: 'number', number: parsed.data.number } };
}
