import type { RevocationView } from '@ramal/contracts';
import { appendAudit } from './audit-log.ts';
import type { Queryable, Store } from './connect-store.ts';

/** Whose tokens end: one agent's, all of a tenant's (`user` null), or everybody's (both null). */
export interface Revocation {
  tenant: string | null;
  user: string | null;
  /** Tokens issued before it are refused; null: before now, by PostgreSQL's clock. */
  before: Date | null;
  reason: string | null;
}

interface RevocationColumns {
  tenant: string | null;
  user: string | null;
  before: Date;
  createdAt: Date;
  createdBy: string;
  reason: string | null;
}

const COLUMNS = `tenant, user_name as "user", before, created_at as "createdAt", created_by as "createdBy", reason`;

/**
 * Ends tokens before their time, for every process within 2 s, and writes it into the audit log. What was revoked
 * before stays revoked: the later moment counts.
 */
export function revokeAccess(store: Store, revocation: Revocation, actor: string): Promise<RevocationView> {
  const { tenant, user, before, reason } = revocation;
  return store.withTransaction(async (transaction) => {
    const { rows } = await transaction.query<RevocationColumns>(
      `insert into access_revocations as stored (tenant, user_name, before, created_by, reason)
       values ($1, $2, coalesce($3::timestamptz, clock_timestamp()), $4, $5)
       on conflict (tenant, user_name) do update
          set before = greatest(stored.before, excluded.before), created_at = excluded.created_at,
              created_by = excluded.created_by, reason = excluded.reason
       returning ${COLUMNS}`,
      [tenant, user, before, actor, reason],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('a revocation that was just made is not there');
    const view = toView(row);
    await appendAudit(transaction, {
      tenant,
      actor,
      action: 'access.revoked',
      subject: user === null ? null : `user ${user}`,
      detail: { scope: toScope(revocation), before: view.before, ...(reason === null ? {} : { reason }) },
    });
    return view;
  });
}

/** What was revoked, newest first. @param tenant of one tenant, its agents' and its own; without it all */
export async function listRevocations(store: Queryable, tenant?: string): Promise<RevocationView[]> {
  const { rows } = await store.query<RevocationColumns>(
    `select ${COLUMNS} from access_revocations where $1::text is null or tenant = $1 order by created_at desc, tenant, user_name`,
    [tenant ?? null],
  );
  return rows.map(toView);
}

function toScope({ tenant, user }: Revocation): 'agent' | 'tenant' | 'everyone' {
  if (tenant === null) return 'everyone';
  return user === null ? 'tenant' : 'agent';
}

function toView(row: RevocationColumns): RevocationView {
  const { tenant, user, createdBy, reason } = row;
  return {
    tenant,
    user,
    before: row.before.toISOString(),
    createdAt: row.createdAt.toISOString(),
    createdBy,
    reason,
  };
}
