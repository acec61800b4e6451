import { readKeyStatus } from '@ramal/store';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { toTextTable } from '../convert/text-table.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { writeJson } from '../terminal-text.ts';

export const keysStatus = createCommand({
  name: 'keys status',
  summary: 'show which keys there are, and what is sealed with them',
  description: `Counts tenants' keys by the master key that wraps them, and secrets by how they lie in the database:
sealed with the newest key, with an older one, straight with the master key as of old (v1), or plain. Opens
nothing. The exit code is 1 when a master key is needed that is not at hand.`,
  arguments: [],
  options: {
    tenant: { type: 'string', placeholder: 'NAME', help: 'of this tenant alone; default all' },
    json: { type: 'boolean', help: 'the counts as JSON' },
    'database-url': DATABASE_URL_OPTION,
  },
  async run(input) {
    const { options, print } = input;
    const tenant = options.tenant === undefined ? null : parseTenant(options.tenant);
    return withDirectory(input, options['database-url'], async ({ store, masterKeys }) => {
      const { masterKeys: wrapped, columns } = await readKeyStatus(store, tenant);
      const toUse = (id: string) =>
        masterKeys?.newest.id === id ? 'newest' : masterKeys?.find(id) === undefined ? 'missing' : 'older';
      const keys = wrapped.map((key) => ({ ...key, masterKey: toUse(key.id) }));
      if (options.json === true) writeJson(print, { keys, columns });
      else {
        for (const line of toTextTable([
          ['master key', 'here it is', 'keys', 'tenants'],
          ...keys.map((key) => [key.id, key.masterKey, String(key.keys), String(key.tenants)]),
        ]))
          print(line);
        print();
        for (const line of toTextTable([
          ['secrets', 'newest key', 'older key', 'v1', 'plain'],
          ...columns.map((one) => [one.column, ...[one.current, one.older, one.v1, one.plain].map(String)]),
        ]))
          print(line);
      }
      return keys.some(({ masterKey }) => masterKey === 'missing') ? EXIT.problem : EXIT.ok;
    });
  },
});
