import { randomBytes } from 'node:crypto';
import { AGENT_TOKEN } from '@ramal/contracts';
import { asActor } from './as-actor.ts';
import type { Queryable, Store } from './connect-store.ts';
import type { TenantSecrets } from './tenant-secrets.ts';

/** A tenant's identity provider. */
export interface ProviderPolicy {
  url: string;
  issuer: string;
  audience: string;
}

/** Whose tokens a tenant's agents bring, without anything secret. */
export interface TokenPolicyView {
  kind: 'keys' | 'jwks';
  issuer: string;
  audience: string;
  url: string | null;
  /** Newest first. */
  keys: { kid: string; createdAt: Date }[];
}

const SECRET_BYTES = 32;

/** What a tenant's key is sealed for. */
export function toKeyField(kid: string): string {
  return `agent_token_keys.secret.${kid}`;
}

/** The tenant's policy; null: the deployment's own tokens. */
export async function findTokenPolicy(store: Queryable, tenant: string): Promise<TokenPolicyView | null> {
  const { rows } = await store.query<Omit<TokenPolicyView, 'keys'>>(
    'select kind, issuer, audience, jwks_url as url from agent_token_policies where tenant = $1',
    [tenant],
  );
  const [policy] = rows;
  if (policy === undefined) return null;
  const keys = await store.query<{ kid: string; createdAt: Date }>(
    'select kid, created_at as "createdAt" from agent_token_keys where tenant = $1 order by created_at desc, kid',
    [tenant],
  );
  return { ...policy, keys: keys.rows };
}

/** From now on the tenant's agents bring tokens of its identity provider, and no others: HS256 keys go. */
export function setProviderPolicy(
  store: Store,
  tenant: string,
  { url, issuer, audience }: ProviderPolicy,
  actor: string,
): Promise<void> {
  return asActor(store, actor, async (transaction) => {
    await transaction.query(
      `insert into agent_token_policies (tenant, kind, issuer, audience, jwks_url) values ($1, 'jwks', $2, $3, $4)
       on conflict (tenant) do update set kind = 'jwks', issuer = $2, audience = $3, jwks_url = $4, changed_at = now()`,
      [tenant, issuer, audience, url],
    );
    await transaction.query('delete from agent_token_keys where tenant = $1', [tenant]);
  });
}

/**
 * Adds an HS256 key of 256 random bits, shown once. The first one ends the deployment's tokens, or the identity provider's,
 * for this tenant; a further one counts beside the others until they are removed.
 */
export function addTokenKey(
  store: Store,
  secrets: TenantSecrets,
  { tenant, kid }: { tenant: string; kid: string },
  actor: string,
): Promise<{ secret: string } | 'taken'> {
  return asActor(store, actor, async (transaction) => {
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const { issuer, audience } = AGENT_TOKEN;
    await transaction.query(
      `insert into agent_token_policies as stored (tenant, kind, issuer, audience) values ($1, 'keys', $2, $3)
       on conflict (tenant) do update
          set kind = 'keys', issuer = $2, audience = $3, jwks_url = null, changed_at = now()
        where stored.kind <> 'keys'`,
      [tenant, issuer, audience],
    );
    const { rowCount } = await transaction.query(
      'insert into agent_token_keys (tenant, kid, secret) values ($1, $2, $3) on conflict do nothing',
      [tenant, kid, await secrets.seal(tenant, toKeyField(kid), secret)],
    );
    if (rowCount === 0) return 'taken';
    return { secret };
  });
}

/** Takes a key away, and with it every token it signed; the last one stays, for its end would be everybody's. */
export function removeTokenKey(
  store: Store,
  { tenant, kid }: { tenant: string; kid: string },
  actor: string,
): Promise<'removed' | 'unknown' | 'last'> {
  return asActor(store, actor, async (transaction) => {
    // Two that remove at once must not each leave the other's.
    await transaction.query('select 1 from agent_token_policies where tenant = $1 for update', [tenant]);
    const { rows } = await transaction.query<{ kid: string }>(
      'select kid from agent_token_keys where tenant = $1',
      [tenant],
    );
    if (!rows.some((key) => key.kid === kid)) return 'unknown';
    if (rows.length === 1) return 'last';
    await transaction.query('delete from agent_token_keys where tenant = $1 and kid = $2', [tenant, kid]);
    return 'removed';
  });
}

/** Back to the tokens of the deployment's own secret; false where nothing else was set. */
export function dropTokenPolicy(store: Store, tenant: string, actor: string): Promise<boolean> {
  return asActor(store, actor, async (transaction) => {
    const { rowCount } = await transaction.query('delete from agent_token_policies where tenant = $1', [
      tenant,
    ]);
    return rowCount > 0;
  });
}
