import { rotateApiKey } from '@ramal/store';
import { parseKeyId } from '../access/key-id.ts';
import { toOperator } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { withDirectory } from '../open-directory.ts';
import { CommandFailedError, UsageError } from '../usage-error.ts';

const DEFAULT_HOURS = '24';

export const apiKeyRotate = createCommand({
  name: 'api-key rotate',
  summary: 'replace an API key; both work for a while',
  description: `Makes a new key like it and prints it, this once. The old one goes on for a day unless told otherwise, so
that the CRM can change over without a gap.`,
  arguments: ['key-id'],
  options: {
    'overlap-hours': {
      type: 'string',
      placeholder: 'N',
      help: 'how long the old one goes on; 0 ends it now',
    },
    'database-url': DATABASE_URL_OPTION,
  },
  async run(input) {
    const { options, print, note, process } = input;
    const keyId = parseKeyId(input.arguments[0]);
    const hours = options['overlap-hours'] ?? DEFAULT_HOURS;
    if (!/^\d{1,4}$/.test(hours)) throw new UsageError('--overlap-hours is a whole number from 0 to 9999.');
    const overlapSec = Number(hours) * 3600;
    const created = await withDirectory(input, options['database-url'], ({ store }) =>
      rotateApiKey(store, { keyId, tenant: null, overlapSec }, toOperator(process.env)),
    );
    if (created === null)
      throw new CommandFailedError('ramal: there is no such key, or it has ended already.');
    note(`key ${created.key.keyId} in place of ${keyId}, which nobody can be shown again:`);
    print(created.secret);
    return EXIT.ok;
  },
});
