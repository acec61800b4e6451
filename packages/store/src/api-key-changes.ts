import { randomBytes } from 'node:crypto';
import type { ApiKeyView, Right, Role } from '@ramal/contracts';
import { asActor } from './as-actor.ts';
import { appendAudit } from './audit-log.ts';
import { listApiKeys } from './api-key-list.ts';
import type { Queryable, Store } from './connect-store.ts';
import { hashSecret } from './hash-secret.ts';

/** What a new key is to be. */
export interface NewApiKey {
  name: string;
  /** Null: every tenant. */
  tenant: string | null;
  /** A role, or rights of its own. */
  grants: { role: Exclude<Role, 'agent'> } | { rights: readonly Right[] };
  expiresAt: Date | null;
}

/** A key with its secret, which nobody can be shown again. */
export interface CreatedApiKey {
  key: ApiKeyView;
  secret: string;
}

const PREFIX = 'ramal_';
const SECRET_BYTES = 32;

/** Makes a key of 256 random bits and writes it into the audit log. @param actor who asks, as the audit log names people */
export function createApiKey(store: Store, key: NewApiKey, actor: string): Promise<CreatedApiKey> {
  const { name, tenant, grants, expiresAt } = key;
  return asActor(store, actor, async (transaction) => {
    const created = await insert(transaction, {
      name,
      tenant,
      role: 'role' in grants ? grants.role : null,
      rights: 'rights' in grants ? [...grants.rights] : null,
      expiresAt,
      actor,
    });
    const { keyId } = created.key;
    await appendAudit(transaction, {
      tenant,
      actor,
      action: 'key.created',
      subject: `key ${name}`,
      detail: { keyId, ...toGrantDetail(grants) },
    });
    return created;
  });
}

/**
 * Makes a new key like an old one, which goes on for `overlapSec` at most; null where no such key counts any more.
 * @param tenant of whose keys it must be; null: any
 */
export function rotateApiKey(
  store: Store,
  { keyId, tenant, overlapSec }: { keyId: string; tenant: string | null; overlapSec: number },
  actor: string,
): Promise<CreatedApiKey | null> {
  return asActor(store, actor, async (transaction) => {
    const { rows } = await transaction.query<{
      name: string;
      tenant: string | null;
      role: string | null;
      rights: string[] | null;
      expiresAt: Date | null;
    }>(
      `with old as (
         select key_hash, expires_at from api_keys
          where key_id = $1 and ($2::text is null or tenant = $2)
            and revoked_at is null and (expires_at is null or expires_at > now())
            for update
       )
       update api_keys set expires_at = least(old.expires_at, now() + make_interval(secs => $3)) from old
        where api_keys.key_hash = old.key_hash
        returning name, tenant, role, rights, old.expires_at as "expiresAt"`,
      [keyId, tenant, overlapSec],
    );
    const [old] = rows;
    if (old === undefined) return null;
    const created = await insert(transaction, { ...old, actor });
    await appendAudit(transaction, {
      tenant: old.tenant,
      actor,
      action: 'key.rotated',
      subject: `key ${old.name}`,
      detail: { keyId, newKeyId: created.key.keyId, overlapSec },
    });
    return created;
  });
}

/** Ends a key at once; false where no such key counts any more. @param tenant of whose keys it must be; null: any */
export function revokeApiKey(
  store: Store,
  { keyId, tenant }: { keyId: string; tenant: string | null },
  actor: string,
): Promise<boolean> {
  return asActor(store, actor, async (transaction) => {
    const { rows } = await transaction.query<{ name: string; tenant: string | null }>(
      `update api_keys set revoked_at = now()
        where key_id = $1 and ($2::text is null or tenant = $2) and revoked_at is null
        returning name, tenant`,
      [keyId, tenant],
    );
    const [key] = rows;
    if (key === undefined) return false;
    const subject = `key ${key.name}`;
    await appendAudit(transaction, {
      tenant: key.tenant,
      actor,
      action: 'key.revoked',
      subject,
      detail: { keyId },
    });
    return true;
  });
}

async function insert(
  store: Queryable,
  key: {
    name: string;
    tenant: string | null;
    role: string | null;
    rights: string[] | null;
    expiresAt: Date | null;
    actor: string;
  },
): Promise<CreatedApiKey> {
  const secret = PREFIX + randomBytes(SECRET_BYTES).toString('base64url');
  const { rows } = await store.query<{ keyId: string }>(
    `insert into api_keys (key_hash, name, tenant, role, rights, expires_at, created_by)
     values ($1, $2, $3, $4, $5, $6, $7) returning key_id as "keyId"`,
    [hashSecret(secret), key.name, key.tenant, key.role, key.rights, key.expiresAt, key.actor],
  );
  const [created] = await listApiKeys(store, { keyId: rows[0]?.keyId ?? '' });
  if (created === undefined) throw new Error('a key that was just made is not there');
  return { key: created, secret };
}

function toGrantDetail(grants: NewApiKey['grants']): object {
  return 'role' in grants ? { role: grants.role } : { rights: grants.rights.join(' ') };
}
