import { userId } from '@ramal/contracts';
import { revokeAccess } from '@ramal/store';
import { requireKnownTenant } from '../access/known-tenant.ts';
import { toOperator } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { UsageError } from '../usage-error.ts';

/** Threat 7. */
export const accessRevoke = createCommand({
  name: 'access revoke',
  summary: "end agents' tokens before their time",
  description: `Every token of the user, of the tenant or of everyone that was issued before a moment (now, unless told
otherwise) is refused from now on, and open sockets are closed within 2 seconds. A token that is made later
works: switch a user off (agents.active) who is to stay out. API keys are not touched.`,
  arguments: [],
  options: {
    tenant: { type: 'string', placeholder: 'TENANT', help: 'whose tokens; with --user that one’s alone' },
    user: { type: 'string', placeholder: 'USER', help: 'a user of the tenant' },
    everyone: { type: 'boolean', help: 'the tokens of all users of all tenants' },
    before: { type: 'string', placeholder: 'TIME', help: 'issued before it, such as 2026-11-25T14:00:00Z' },
    reason: { type: 'string', placeholder: 'TEXT', help: 'for the audit log' },
    'database-url': DATABASE_URL_OPTION,
  },
  async run(input) {
    const { options, print, process } = input;
    const scope = toScope(options);
    const before = options.before === undefined ? null : parseTime(options.before);
    const revoked = await withDirectory(input, options['database-url'], async ({ store }) => {
      if (scope.tenant !== null) await requireKnownTenant(store, scope.tenant);
      return revokeAccess(
        store,
        { ...scope, before, reason: options.reason ?? null },
        toOperator(process.env),
      );
    });
    const whose =
      revoked.tenant === null
        ? 'all tenants'
        : revoked.user === null
          ? `tenant ${revoked.tenant}`
          : `user ${revoked.user} of tenant ${revoked.tenant}`;
    print(`tokens of ${whose} issued before ${revoked.before} are refused from now on`);
    return EXIT.ok;
  },
});

function toScope(given: {
  tenant?: string | undefined;
  user?: string | undefined;
  everyone?: boolean | undefined;
}): { tenant: string | null; user: string | null } {
  const { tenant, user, everyone } = given;
  if (everyone === true) {
    if (tenant === undefined && user === undefined) return { tenant: null, user: null };
    throw new UsageError('--everyone goes without --tenant and --user.');
  }
  if (tenant === undefined) throw new UsageError('say whose: --tenant, --tenant with --user, or --everyone.');
  if (user !== undefined && !userId.safeParse(user).success) {
    throw new UsageError('a user has a name of 1 to 128 characters.');
  }
  return { tenant: parseTenant(tenant), user: user ?? null };
}

function parseTime(text: string): Date {
  const time = new Date(text);
  if (/^\d{4}-\d{2}-\d{2}T.*(?:Z|[+-]\d{2}:?\d{2})$/.test(text) && !Number.isNaN(time.getTime())) return time;
  throw new UsageError('--before is a time with its zone, such as 2026-11-25T14:00:00Z.');
}
