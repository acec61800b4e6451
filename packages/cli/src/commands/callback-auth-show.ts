import { COMMON_OPTIONS } from '../callbacks/common-options.ts';
import { readProtection, toProtectionLines } from '../callbacks/read-protection.ts';
import { requireTenant } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { CATALOGS } from '../locale/catalog.ts';
import { chooseLanguage } from '../locale/choose-language.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { writeJson } from '../terminal-text.ts';

export const callbackAuthShow = createCommand({
  name: 'callback-auth show',
  summary: "show what a tenant's callbacks must carry beside the token",
  description: `Shows the networks a tenant is called from, and when each signing secret and password of HTTP Basic was made and
ends. The secrets themselves are never shown.`,
  arguments: ['tenant'],
  options: COMMON_OPTIONS,
  async run(input) {
    const { options, print, process } = input;
    const tenant = parseTenant(input.arguments[0]);
    const catalog = CATALOGS[chooseLanguage(process.env, options.lang)];
    const shown = await withDirectory(input, options['database-url'], async ({ store }) => {
      await requireTenant(store, catalog, tenant);
      return readProtection(store, tenant);
    });
    if (options.json === true) writeJson(print, { tenant, ...shown });
    else for (const line of toProtectionLines(catalog, tenant, shown)) print(line);
    return EXIT.ok;
  },
});
