import { listCallbackTokens } from '@ramal/store';
import { COMMON_OPTIONS } from '../callbacks/common-options.ts';
import { requireTenant } from '../callbacks/require-tenant.ts';
import { toTokenJson, toTokenLines } from '../callbacks/token-lines.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { CATALOGS } from '../locale/catalog.ts';
import { chooseLanguage } from '../locale/choose-language.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { writeJson } from '../terminal-text.ts';

export const callbackTokenList = createCommand({
  name: 'callback-token list',
  summary: "list a tenant's callback tokens, and when each was used last",
  description: `Lists every token of the tenant, the newest first, also those that were revoked or have ended. Tokens themselves are
not stored and can't be shown; the last use is up to a minute late.`,
  arguments: ['tenant'],
  options: COMMON_OPTIONS,
  async run(input) {
    const { options, print, process } = input;
    const tenant = parseTenant(input.arguments[0]);
    const catalog = CATALOGS[chooseLanguage(process.env, options.lang)];
    const tokens = await withDirectory(input, options['database-url'], async ({ store }) => {
      await requireTenant(store, catalog, tenant);
      return listCallbackTokens(store, tenant);
    });
    if (options.json === true) writeJson(print, { tenant, tokens: tokens.map(toTokenJson) });
    else for (const line of toTokenLines(catalog, tokens)) print(line);
    return EXIT.ok;
  },
});
