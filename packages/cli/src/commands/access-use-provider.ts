import { setProviderPolicy } from '@ramal/store';
import { requireKnownTenant } from '../access/known-tenant.ts';
import { toOperator } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { UsageError } from '../usage-error.ts';

export const accessUseProvider = createCommand({
  name: 'access use-provider',
  summary: "take tokens of a tenant's own identity provider (JWKS), and no others",
  description: `From now on the tenant's agents bring tokens that its identity provider signs (RS256, ES256, EdDSA and
their kin), with this issuer and audience, the user in "sub" and the tenant in "tenant". Tokens of this
deployment and of keys of the tenant's own end at once, and sockets that came in with them are closed.`,
  arguments: ['tenant'],
  options: {
    'jwks-url': { type: 'string', placeholder: 'URL', help: 'where the provider publishes its keys' },
    issuer: { type: 'string', placeholder: 'TEXT', help: 'what "iss" must be' },
    audience: { type: 'string', placeholder: 'TEXT', help: 'what "aud" must be, or hold' },
    'database-url': DATABASE_URL_OPTION,
  },
  async run(input) {
    const { options, print, process } = input;
    const tenant = parseTenant(input.arguments[0]);
    const url = parseKeysUrl(options['jwks-url']);
    const issuer = requireText(options.issuer, '--issuer');
    const audience = requireText(options.audience, '--audience');
    await withDirectory(input, options['database-url'], async ({ store }) => {
      await requireKnownTenant(store, tenant);
      await setProviderPolicy(store, tenant, { url, issuer, audience }, toOperator(process.env));
    });
    print(`tenant ${tenant}: tokens of ${issuer} alone are taken from now on`);
    return EXIT.ok;
  },
});

function parseKeysUrl(text: string | undefined): string {
  const given = requireText(text, '--jwks-url');
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new UsageError('--jwks-url is an http or https address without a user in it.');
  }
  return url.href;
}

function requireText(text: string | undefined, option: string): string {
  if (text === undefined || text === '') throw new UsageError(`${option} is missing.`);
  return text;
}
