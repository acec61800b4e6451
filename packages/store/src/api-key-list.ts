import { type ApiKeyView, apiKeyView, toKeyRights } from '@ramal/contracts';
import type { Queryable } from './connect-store.ts';

/** Which keys to list: those of a tenant, one of them, or all. Those that ended are among them. */
export interface ApiKeyFilter {
  tenant?: string | undefined;
  keyId?: string | undefined;
}

interface KeyColumns {
  keyId: string;
  name: string;
  tenant: string | null;
  role: string | null;
  rights: string[] | null;
  createdAt: Date;
  createdBy: string | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
}

/** Keys, oldest first, without anything that could be used in their place. */
export async function listApiKeys(store: Queryable, filter: ApiKeyFilter = {}): Promise<ApiKeyView[]> {
  const { tenant = null, keyId = null } = filter;
  const { rows } = await store.query<KeyColumns>(
    `select key_id as "keyId", name, tenant, role, rights, created_at as "createdAt", created_by as "createdBy",
            expires_at as "expiresAt", revoked_at as "revokedAt", last_used_at as "lastUsedAt"
       from api_keys
      where ($1::text is null or tenant = $1) and ($2::uuid is null or key_id = $2)
      order by created_at, key_id`,
    [tenant, keyId],
  );
  return rows.map(toView);
}

function toView(row: KeyColumns): ApiKeyView {
  const { keyId, name, tenant, role, rights, createdBy } = row;
  const toTime = (date: Date | null) => date?.toISOString() ?? null;
  const knownRole = apiKeyView.shape.role.safeParse(role);
  return {
    keyId,
    name,
    tenant,
    // A role of a later version gives nothing here, and says so by its rights.
    role: knownRole.success ? knownRole.data : null,
    rights: [...toKeyRights(role, rights)],
    createdAt: row.createdAt.toISOString(),
    createdBy,
    expiresAt: toTime(row.expiresAt),
    revokedAt: toTime(row.revokedAt),
    lastUsedAt: toTime(row.lastUsedAt),
  };
}
