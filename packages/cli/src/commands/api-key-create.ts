import { isRight, type Right, RIGHTS, type Role, ROLES } from '@ramal/contracts';
import { createApiKey, type NewApiKey } from '@ramal/store';
import { requireKnownTenant } from '../access/known-tenant.ts';
import { toOperator } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { UsageError } from '../usage-error.ts';

const KEY_ROLES: readonly string[] = ROLES.filter((role) => role !== 'agent');
const LONGEST_NAME = 100;
const DAY_MS = 86_400_000;

export const apiKeyCreate = createCommand({
  name: 'api-key create',
  summary: 'make an API key',
  description: `Makes a key of 256 random bits and prints it, this once: the database holds its hash alone. It speaks for
one tenant, or with --every-tenant for all of them. What it may do says a role (supervisor, admin, operator) or a
list of rights; docs/access.md has them.`,
  arguments: ['name'],
  options: {
    tenant: { type: 'string', placeholder: 'TENANT', help: 'the tenant it speaks for' },
    'every-tenant': { type: 'boolean', help: 'it speaks for all tenants' },
    role: { type: 'string', placeholder: 'ROLE', help: `one of ${KEY_ROLES.join(', ')}` },
    rights: {
      type: 'string',
      placeholder: 'LIST',
      help: 'instead of a role, such as calls:read,calls:read:any',
    },
    days: { type: 'string', placeholder: 'N', help: 'it ends after so many days; without it, never' },
    'database-url': DATABASE_URL_OPTION,
  },
  async run(input) {
    const { options, print, note, process } = input;
    const name = (input.arguments[0] ?? '').trim();
    if (name === '' || name.length > LONGEST_NAME)
      throw new UsageError('a key has a name of 1 to 100 characters.');
    const tenant = toTenant(options.tenant, options['every-tenant'] === true);
    const key: NewApiKey = {
      name,
      tenant,
      grants: toGrants(options.role, options.rights),
      expiresAt: options.days === undefined ? null : toEnd(options.days, process.now()),
    };
    const created = await withDirectory(input, options['database-url'], async ({ store }) => {
      if (tenant !== null) await requireKnownTenant(store, tenant);
      return createApiKey(store, key, toOperator(process.env));
    });
    note(`key ${created.key.keyId}, which nobody can be shown again:`);
    print(created.secret);
    return EXIT.ok;
  },
});

function toTenant(name: string | undefined, every: boolean): string | null {
  if ((name === undefined) === !every) throw new UsageError('give --tenant, or --every-tenant.');
  return name === undefined ? null : parseTenant(name);
}

function toGrants(role: string | undefined, list: string | undefined): NewApiKey['grants'] {
  if ((role === undefined) === (list === undefined)) throw new UsageError('give --role, or --rights.');
  if (role !== undefined) {
    if (!KEY_ROLES.includes(role)) throw new UsageError(`--role is one of ${KEY_ROLES.join(', ')}.`);
    return { role: role as Exclude<Role, 'agent'> };
  }
  const rights = (list ?? '').split(',').map((right) => right.trim());
  if (!rights.every(isRight)) throw new UsageError(`--rights are some of ${Object.keys(RIGHTS).join(', ')}.`);
  return { rights: rights as Right[] };
}

function toEnd(days: string, now: Date): Date {
  if (!/^[1-9]\d{0,3}$/.test(days)) throw new UsageError('--days is a whole number from 1 to 9999.');
  return new Date(now.getTime() + Number(days) * DAY_MS);
}
