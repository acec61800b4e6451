import { randomUUID } from 'node:crypto';
import type { Queryable } from './connect-store.ts';
import { hashPassword } from './password-hash.ts';
import type { TenantSecrets } from './tenant-secrets.ts';

export type CallbackCredentialKind = 'signing' | 'basic';

/** A signing secret or a password that a tenant's callbacks may carry; `secret` is sealed or hashed. */
export interface CallbackCredential {
  credentialId: string;
  kind: CallbackCredentialKind;
  /** Of HTTP Basic; else null. */
  user: string | null;
  secret: string;
  createdAt: Date;
  /** Null: it has no end; 0 or less: it has ended. */
  endsInMs: number | null;
}

/** The place a signing secret is sealed for (see `TenantSecrets`). */
export function toSigningField(credentialId: string): string {
  return `callback_credentials.signing_secret:${credentialId}`;
}

/** A tenant's credentials, the newest first, also those that have ended. */
export async function listCallbackCredentials(
  store: Queryable,
  tenant: string,
): Promise<CallbackCredential[]> {
  const { rows } = await store.query<CallbackCredential>(
    `select credential_id as "credentialId", kind, user_name as "user",
            coalesce(signing_secret, password_hash) as secret, created_at as "createdAt",
            (extract(epoch from ends_at - now()) * 1000)::float8 as "endsInMs"
       from callback_credentials where tenant = $1 order by created_at desc, credential_id`,
    [tenant],
  );
  return rows;
}

/**
 * Adds a credential and gives those of its kind that were there an end, `overlapSec` from now; earlier ends stay.
 * What ended before now goes. Call it in a transaction.
 * @param secret `whsec_…` for signing, the password for basic
 */
export async function rotateCallbackCredential(
  store: Queryable,
  secrets: TenantSecrets | null,
  {
    tenant,
    overlapSec,
    ...credential
  }: {
    tenant: string;
    overlapSec: number;
  } & ({ kind: 'signing'; secret: string } | { kind: 'basic'; user: string; secret: string }),
): Promise<{ credentialId: string }> {
  const { kind, secret } = credential;
  const credentialId = randomUUID();
  if (kind === 'signing' && secrets === null) throw new Error('a signing secret is only stored encrypted');
  const stored =
    kind === 'basic'
      ? await hashPassword(secret)
      : ((await secrets?.seal(tenant, toSigningField(credentialId), secret)) ?? '');
  await store.query('delete from callback_credentials where tenant = $1 and kind = $2 and ends_at <= now()', [
    tenant,
    kind,
  ]);
  await store.query(
    `update callback_credentials set ends_at = least(ends_at, now() + make_interval(secs => $3))
      where tenant = $1 and kind = $2`,
    [tenant, kind, overlapSec],
  );
  await store.query(
    `insert into callback_credentials (credential_id, tenant, kind, signing_secret, user_name, password_hash)
     values ($1, $2, $3, $4, $5, $6)`,
    kind === 'signing'
      ? [credentialId, tenant, kind, stored, null, null]
      : [credentialId, tenant, kind, null, credential.user, stored],
  );
  return { credentialId };
}

/** Takes a kind of credential away from a tenant: callers need none any more. @returns how many there were */
export async function clearCallbackCredentials(
  store: Queryable,
  tenant: string,
  kind: CallbackCredentialKind,
): Promise<number> {
  const { rowCount } = await store.query('delete from callback_credentials where tenant = $1 and kind = $2', [
    tenant,
    kind,
  ]);
  return rowCount;
}

/** The networks a tenant is called from, as they were written; null when any address may call. */
export async function findCallbackNetworks(store: Queryable, tenant: string): Promise<string[] | null> {
  const { rows } = await store.query<{ networks: string[] }>(
    'select networks from callback_networks where tenant = $1',
    [tenant],
  );
  return rows[0]?.networks ?? null;
}

/** @param networks checked by `parseNetworks` before; null lets any address call */
export async function writeCallbackNetworks(
  store: Queryable,
  tenant: string,
  networks: readonly string[] | null,
): Promise<void> {
  if (networks === null) {
    await store.query('delete from callback_networks where tenant = $1', [tenant]);
    return;
  }
  await store.query(
    `insert into callback_networks (tenant, networks) values ($1, $2)
     on conflict (tenant) do update set networks = excluded.networks`,
    [tenant, [...networks]],
  );
}
