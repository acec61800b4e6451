import { appendAudit, revokeCallbackToken } from '@ramal/store';
import { COMMON_OPTIONS } from '../callbacks/common-options.ts';
import { requireTenant, toOperator } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { CATALOGS, fill } from '../locale/catalog.ts';
import { chooseLanguage } from '../locale/choose-language.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { writeJson } from '../terminal-text.ts';
import { CommandFailedError } from '../usage-error.ts';

export const callbackTokenRevoke = createCommand({
  name: 'callback-token revoke',
  summary: 'revoke a callback token at once',
  description: `Takes effect within two seconds, without an overlap: callbacks that still come with the token are refused. The id is
that of "callback-token list".`,
  arguments: ['tenant', 'token-id'],
  options: COMMON_OPTIONS,
  async run(input) {
    const { options, print, process } = input;
    const tenant = parseTenant(input.arguments[0]);
    const tokenId = input.arguments[1] ?? '';
    const catalog = CATALOGS[chooseLanguage(process.env, options.lang)];
    await withDirectory(input, options['database-url'], async ({ store }) => {
      await requireTenant(store, catalog, tenant);
      await store.withTransaction(async (transaction) => {
        if (!(await revokeCallbackToken(transaction, tenant, tokenId))) {
          throw new CommandFailedError(fill(catalog.callbacks.tokenUnknown, { tenant, tokenId }));
        }
        await appendAudit(transaction, {
          tenant,
          actor: toOperator(process.env),
          action: 'key.revoked',
          subject: `callback token ${tokenId}`,
        });
      });
    });
    if (options.json === true) writeJson(print, { tenant, tokenId, revoked: true });
    else print(fill(catalog.callbacks.revoked, { tokenId }));
    return EXIT.ok;
  },
});
