import type { ApiKeyView } from '@ramal/contracts';
import { listApiKeys } from '@ramal/store';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { toTextTable } from '../convert/text-table.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { writeJson } from '../terminal-text.ts';

export const apiKeyList = createCommand({
  name: 'api-key list',
  summary: 'the API keys, and when each was used last',
  description: 'Oldest first, those that have ended too. Shows nothing secret and changes nothing.',
  arguments: [],
  options: {
    tenant: { type: 'string', placeholder: 'TENANT', help: 'those of one tenant alone' },
    json: { type: 'boolean', help: 'as JSON' },
    'database-url': DATABASE_URL_OPTION,
  },
  async run(input) {
    const { options, print, process } = input;
    const tenant = options.tenant === undefined ? undefined : parseTenant(options.tenant);
    const keys = await withDirectory(input, options['database-url'], ({ store }) =>
      listApiKeys(store, { tenant }),
    );
    if (options.json === true) {
      writeJson(print, { keys });
      return EXIT.ok;
    }
    const rows = keys.map((key) => toRow(key, process.now()));
    for (const line of toTextTable([['id', 'name', 'tenant', 'may', 'ends', 'used last'], ...rows]))
      print(line);
    return EXIT.ok;
  },
});

function toRow(key: ApiKeyView, now: Date): string[] {
  const { keyId, name, tenant, role, rights, lastUsedAt } = key;
  return [keyId, name, tenant ?? '(all)', role ?? rights.join(' '), toEnd(key, now), lastUsedAt ?? 'never'];
}

function toEnd({ revokedAt, expiresAt }: ApiKeyView, now: Date): string {
  if (revokedAt !== null) return `revoked ${revokedAt}`;
  if (expiresAt === null) return '-';
  return Date.parse(expiresAt) <= now.getTime() ? `ended ${expiresAt}` : expiresAt;
}
