import {
  type AccessSnapshot,
  type Revocations,
  toAgentKey,
  type TokenKey,
  type TokenPolicy,
} from '@ramal/contracts';
import type { Queryable } from './connect-store.ts';
import type { TenantSecrets } from './tenant-secrets.ts';
import { toKeyField } from './token-policies.ts';

/** The rows that say whose tokens are taken, as they are stored. */
export interface AccessRows {
  policies: { tenant: string; kind: 'keys' | 'jwks'; issuer: string; audience: string; url: string | null }[];
  /** The newest first. */
  keys: { tenant: string; kid: string; secret: string }[];
  revocations: { tenant: string | null; user: string | null; beforeMs: number }[];
}

/** Reads all of them, as they stood at one moment. */
export async function readAccessRows(store: Queryable): Promise<AccessRows> {
  // One statement, so that a policy never comes without its keys.
  const { rows } = await store.query<AccessRows>(
    `select
       (select coalesce(jsonb_agg(jsonb_build_object('tenant', tenant, 'kind', kind, 'issuer', issuer,
                 'audience', audience, 'url', jwks_url) order by tenant), '[]')
          from agent_token_policies) as policies,
       (select coalesce(jsonb_agg(jsonb_build_object('tenant', tenant, 'kid', kid, 'secret', secret)
                 order by tenant, created_at desc, kid), '[]')
          from agent_token_keys) as keys,
       (select coalesce(jsonb_agg(jsonb_build_object('tenant', tenant, 'user', user_name,
                 'beforeMs', (extract(epoch from before) * 1000)::float8) order by tenant, user_name), '[]')
          from access_revocations) as revocations`,
  );
  return rows[0] ?? { policies: [], keys: [], revocations: [] };
}

/**
 * What the rows mean. A key that can't be opened is left out and told of: its tokens are refused, and no other key
 * stands in for it.
 */
export async function toAccessSnapshot(
  rows: AccessRows,
  secrets: Pick<TenantSecrets, 'open'> | null,
  onError: (error: Error) => void,
): Promise<AccessSnapshot> {
  const policies = new Map<string, TokenPolicy>();
  for (const { tenant, kind, issuer, audience, url } of rows.policies) {
    if (kind === 'jwks') policies.set(tenant, { kind, issuer, audience, url: url ?? '' });
    else policies.set(tenant, { kind, issuer, audience, keys: await openKeys(tenant) });
  }
  return { policies, revocations: toRevocations(rows.revocations) };

  async function openKeys(tenant: string): Promise<TokenKey[]> {
    const keys: TokenKey[] = [];
    for (const { kid, secret } of rows.keys.filter((key) => key.tenant === tenant)) {
      try {
        if (secrets === null) throw new Error('RAMAL_MASTER_KEY is not set: agent token keys stay closed');
        keys.push({ kid, secret: await secrets.open(tenant, toKeyField(kid), secret) });
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)));
      }
    }
    return keys;
  }
}

function toRevocations(rows: AccessRows['revocations']): Revocations {
  let everyoneMs = 0;
  const byTenant = new Map<string, number>();
  const byAgent = new Map<string, number>();
  for (const { tenant, user, beforeMs } of rows) {
    if (tenant === null) everyoneMs = beforeMs;
    else if (user === null) byTenant.set(tenant, beforeMs);
    else byAgent.set(toAgentKey(tenant, user), beforeMs);
  }
  return { everyoneMs, byTenant, byAgent };
}
