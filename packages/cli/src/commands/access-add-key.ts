import { addTokenKey } from '@ramal/store';
import { requireKnownTenant } from '../access/known-tenant.ts';
import { toOperator } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { CommandFailedError, UsageError } from '../usage-error.ts';

export const accessAddKey = createCommand({
  name: 'access add-key',
  summary: "add an HS256 key of a tenant's own, which signs its agents' tokens",
  description: `Makes a key of 256 random bits, stores it encrypted (RAMAL_MASTER_KEY) and prints it, this once. Tokens
name it in their header, as "kid". The first key ends the deployment's or the identity provider's tokens for
this tenant at once; a further one counts beside the others, so that a key is replaced without a gap: add one,
let the CRM sign with it, remove the old one when its last token has run out.`,
  arguments: ['tenant', 'kid'],
  options: { 'database-url': DATABASE_URL_OPTION },
  async run(input) {
    const { options, print, note, process } = input;
    const tenant = parseTenant(input.arguments[0]);
    const kid = parseKid(input.arguments[1]);
    const added = await withDirectory(input, options['database-url'], async ({ store, secrets }) => {
      if (secrets === null) {
        throw new CommandFailedError(
          'ramal: set RAMAL_MASTER_KEY, with which the services run: keys are encrypted.',
        );
      }
      await requireKnownTenant(store, tenant);
      return addTokenKey(store, secrets, { tenant, kid }, toOperator(process.env));
    });
    if (added === 'taken') throw new CommandFailedError(`ramal: the tenant has a key ${kid} already.`);
    note('the key, which nobody can be shown again:');
    print(added.secret);
    return EXIT.ok;
  },
});

/** @throws UsageError */
function parseKid(text: string | undefined): string {
  if (text !== undefined && /^[\w.-]{1,64}$/.test(text)) return text;
  throw new UsageError('a kid holds 1 to 64 letters, digits or . _ -');
}
