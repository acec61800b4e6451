import { findTokenPolicy, listRevocations } from '@ramal/store';
import { requireKnownTenant } from '../access/known-tenant.ts';
import { EXIT } from '../cli-process.ts';
import { createCommand } from '../command.ts';
import { DATABASE_URL_OPTION } from '../database-url.ts';
import { parseTenant, withDirectory } from '../open-directory.ts';
import { writeJson } from '../terminal-text.ts';

export const accessShow = createCommand({
  name: 'access show',
  summary: "whose tokens a tenant's agents bring, and what was revoked",
  description: `Prints whether the tenant's agents bring tokens of this deployment, of keys of its own or of its identity
provider, and the revocations that stand. Changes nothing and shows nothing secret.`,
  arguments: ['tenant'],
  options: { json: { type: 'boolean', help: 'as JSON' }, 'database-url': DATABASE_URL_OPTION },
  async run(input) {
    const { options, print } = input;
    const tenant = parseTenant(input.arguments[0]);
    const { policy, revocations } = await withDirectory(input, options['database-url'], async ({ store }) => {
      await requireKnownTenant(store, tenant);
      const all = await listRevocations(store);
      return {
        policy: await findTokenPolicy(store, tenant),
        revocations: all.filter((one) => one.tenant === null || one.tenant === tenant),
      };
    });
    if (options.json === true) {
      writeJson(print, { tenant, tokens: policy ?? { kind: 'deployment' }, revocations });
      return EXIT.ok;
    }
    print(`Tokens of tenant ${tenant}: ${toSource(policy?.kind)}`);
    if (policy !== null) print(`  issuer ${policy.issuer}, audience ${policy.audience}`);
    if (policy?.url != null) print(`  keys at ${policy.url}`);
    for (const { kid, createdAt } of policy?.keys ?? [])
      print(`  key ${kid}, since ${createdAt.toISOString()}`);
    for (const { user, tenant: of, before, createdBy } of revocations) {
      const whose = of === null ? 'everyone' : (user ?? 'all users');
      print(`Revoked: ${whose}, tokens issued before ${before} (by ${createdBy})`);
    }
    return EXIT.ok;
  },
});

function toSource(kind: 'keys' | 'jwks' | undefined): string {
  if (kind === undefined) return 'this deployment’s (AGENT_TOKEN_SECRET)';
  return kind === 'keys' ? 'HS256 keys of its own' : 'its identity provider’s';
}
