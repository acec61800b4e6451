import { dropTokenPolicy } from '@ramal/store';
import { toOperator } from '../callbacks/require-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';

export const accessUseDeployment = createCommand({
  name: 'access use-deployment',
  summary: "take the deployment's own tokens from a tenant again",
  description: `Drops the tenant's own keys or identity provider: its agents bring tokens of POST /v1/sessions again, signed
with AGENT_TOKEN_SECRET. Other tokens end at once, and sockets that came in with them are closed.`,
  arguments: ['tenant'],
  options: { 'database-url': DATABASE_URL_OPTION },
  async run(input) {
    const { options, print, process } = input;
    const tenant = parseTenant(input.arguments[0]);
    const dropped = await withDirectory(input, options['database-url'], ({ store }) =>
      dropTokenPolicy(store, tenant, toOperator(process.env)),
    );
    print(
      dropped
        ? `tenant ${tenant}: the deployment’s own tokens alone are taken from now on`
        : `tenant ${tenant}: they were the deployment’s own already; nothing was changed`,
    );
    return EXIT.ok;
  },
});
