import { revokeApiKey } from '@ramal/store';
import { parseKeyId } from '../access/key-id.ts';
import { toOperator } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { withDirectory } from '../open-directory.ts';
import { CommandFailedError } from '../usage-error.ts';

export const apiKeyRevoke = createCommand({
  name: 'api-key revoke',
  summary: 'end an API key at once',
  description: `Requests with this key are refused from now on. Tokens it made for agents' pages go on until their own end:
"ramal access revoke" ends those.`,
  arguments: ['key-id'],
  options: { 'database-url': DATABASE_URL_OPTION },
  async run(input) {
    const { options, print, process } = input;
    const keyId = parseKeyId(input.arguments[0]);
    const revoked = await withDirectory(input, options['database-url'], ({ store }) =>
      revokeApiKey(store, { keyId, tenant: null }, toOperator(process.env)),
    );
    if (!revoked) throw new CommandFailedError('ramal: there is no such key, or it was revoked already.');
    print(`key ${keyId} is refused from now on`);
    return EXIT.ok;
  },
});
