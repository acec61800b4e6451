import { clearCallbackCredentials, writeCallbackNetworks } from '@ramal/store';
import { COMMON_OPTIONS } from '../callbacks/common-options.ts';
import { readProtection, toProtectionLines } from '../callbacks/read-protection.ts';
import { requireTenant } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { CATALOGS } from '../locale/catalog.ts';
import { chooseLanguage } from '../locale/choose-language.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { writeJson } from '../terminal-text.ts';
import { UsageError } from '../usage-error.ts';

export const callbackAuthClear = createCommand({
  name: 'callback-auth clear',
  summary: "take a demand on a tenant's callbacks away",
  description: `What is named is not asked for any more, within two seconds, and its secrets are deleted. The token in the address
is always asked for.`,
  arguments: ['tenant'],
  options: {
    signing: { type: 'boolean', help: 'the signature' },
    basic: { type: 'boolean', help: 'HTTP Basic' },
    networks: { type: 'boolean', help: 'the list of networks' },
    ...COMMON_OPTIONS,
  },
  async run(input) {
    const { options, print, process } = input;
    const tenant = parseTenant(input.arguments[0]);
    const catalog = CATALOGS[chooseLanguage(process.env, options.lang)];
    if (options.signing !== true && options.basic !== true && options.networks !== true) {
      throw new UsageError('ramal callback-auth clear: say what: --signing, --basic or --networks.');
    }
    const left = await withDirectory(input, options['database-url'], async ({ store }) => {
      await requireTenant(store, catalog, tenant);
      await store.withTransaction(async (transaction) => {
        if (options.signing === true) await clearCallbackCredentials(transaction, tenant, 'signing');
        if (options.basic === true) await clearCallbackCredentials(transaction, tenant, 'basic');
        if (options.networks === true) await writeCallbackNetworks(transaction, tenant, null);
      });
      return readProtection(store, tenant);
    });
    if (options.json === true) writeJson(print, { tenant, ...left });
    else for (const line of toProtectionLines(catalog, tenant, left)) print(line);
    return EXIT.ok;
  },
});
