import { removeTokenKey } from '@ramal/store';
import { toOperator } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { CommandFailedError } from '../usage-error.ts';

export const accessRemoveKey = createCommand({
  name: 'access remove-key',
  summary: "remove an HS256 key of a tenant's own, and end the tokens it signed",
  description: `Tokens that this key signed are refused from now on, and sockets that came in with them are closed within
2 seconds. The last key can't be removed: add another one first, or see "ramal access use-deployment".`,
  arguments: ['tenant', 'kid'],
  options: { 'database-url': DATABASE_URL_OPTION },
  async run(input) {
    const { options, print, process } = input;
    const tenant = parseTenant(input.arguments[0]);
    const kid = input.arguments[1] ?? '';
    const outcome = await withDirectory(input, options['database-url'], ({ store }) =>
      removeTokenKey(store, { tenant, kid }, toOperator(process.env)),
    );
    if (outcome === 'unknown') throw new CommandFailedError(`ramal: tenant "${tenant}" has no key "${kid}".`);
    if (outcome === 'last') {
      throw new CommandFailedError('ramal: this is the tenant’s last key: add another one first.');
    }
    print(`key ${kid} of tenant ${tenant} was removed`);
    return EXIT.ok;
  },
});
