import { appendAudit, endCallbackTokens, insertCallbackToken } from '@ramal/store';
import type { CommandInput, OptionSpecs } from '../command.ts';
import { CATALOGS, fill } from '../locale/catalog.ts';
import { chooseLanguage } from '../locale/choose-language.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { writeJson } from '../terminal-text.ts';
import { toCallbackAddresses } from './callback-addresses.ts';
import { newCallbackToken } from './new-callback-token.ts';
import { requireTenant, toOperator } from './require-tenant.ts';

const LONGEST_NAME = 100;

/**
 * Makes a tenant a new callback token and shows it, this once.
 * @param overlapSec when those that were there before end; null leaves them alone
 */
export async function issueToken(
  input: CommandInput<OptionSpecs>,
  options: {
    name?: string | undefined;
    lang?: string | undefined;
    json?: boolean | undefined;
    'webhook-url'?: string | undefined;
    'database-url'?: string | undefined;
  },
  overlapSec: number | null,
): Promise<void> {
  const { process, print } = input;
  const tenant = parseTenant(input.arguments[0]);
  const catalog = CATALOGS[chooseLanguage(process.env, options.lang)];
  const { token, tokenHash, tokenId } = newCallbackToken();
  const name = options.name?.slice(0, LONGEST_NAME) ?? null;
  const addresses = await toCallbackAddresses(process, options['webhook-url'], token);
  const ending = await withDirectory(input, options['database-url'], async ({ store }) => {
    await requireTenant(store, catalog, tenant);
    return store.withTransaction(async (transaction) => {
      await insertCallbackToken(transaction, { tenant, tokenHash, name });
      const ended =
        overlapSec === null
          ? []
          : await endCallbackTokens(transaction, tenant, { allBut: tokenHash }, overlapSec);
      await appendAudit(transaction, {
        tenant,
        actor: toOperator(process.env),
        action: overlapSec === null ? 'key.created' : 'key.rotated',
        subject: `callback token ${tokenId}`,
        detail: { ended: ended.length },
      });
      return ended;
    });
  });
  if (options.json === true) {
    writeJson(print, { tenant, tokenId, token, addresses, ending });
    return;
  }
  const { callbacks } = catalog;
  print(fill(callbacks.tokenShown, { tenant, tokenId }));
  print(`  ${token}`);
  print(callbacks.addresses);
  for (const address of Object.values(addresses)) print(`  ${address}`);
  if (ending.length > 0) print(fill(callbacks.othersEnd, { tokens: ending.join(', ') }));
}
