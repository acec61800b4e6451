import type { Queryable } from './connect-store.ts';

/** One entry of the audit log, as it is shown. */
export interface AuditRecord {
  id: string;
  /** RFC 3339. */
  at: string;
  tenant: string | null;
  /** Users by name, or `(erased)`. */
  actor: string;
  action: string;
  subject: string | null;
  detail: Record<string, unknown>;
}

export interface AuditFilter {
  /** Of this tenant alone (I6); null reads the log of the whole installation. */
  tenant: string | null;
  /** In a tenant's own database: its company, whose entries name no tenant there (R42). */
  empresaId?: number | undefined;
  action?: string | undefined;
  /** Exactly as it is shown, such as `user ana`. */
  subject?: string | undefined;
  /** RFC 3339, inclusive. */
  from?: string | undefined;
  /** RFC 3339, exclusive. */
  to?: string | undefined;
  limit: number;
  /** Only what was appended before this entry. */
  beforeId?: string | undefined;
}

/** Entries of the audit log, newest first. */
export async function queryAudit(store: Queryable, filter: AuditFilter): Promise<AuditRecord[]> {
  const { tenant, empresaId = null, action = null, subject = null, from = null, to = null } = filter;
  const { rows } = await store.query<AuditRecord>(
    `select l.id::text as id, to_char(l.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
            l.tenant, ${toShown('l.actor', 'a')} as actor, l.action, ${toShown('l.subject', 's')} as subject, l.detail
       from audit_log l
       left join audit_persons a on a.ref = ${toReference('l.actor')} and a.tenant = l.tenant
       left join audit_persons s on s.ref = ${toReference('l.subject')} and s.tenant = l.tenant
      where ($1::text is null or l.tenant = $1
             or (l.tenant is null and $2::int is not null and l.detail -> 'empresaId' = to_jsonb($2::int)))
        and ($3::text is null or l.action = $3)
        and ($4::timestamptz is null or l.at >= $4::timestamptz)
        and ($5::timestamptz is null or l.at < $5::timestamptz)
        and ($6::bigint is null or l.id < $6::bigint)
        and ($7::text is null or ${toShown('l.subject', 's')} = $7)
      order by l.id desc
      limit $8`,
    [tenant, empresaId, action, from, to, filter.beforeId ?? null, subject, filter.limit],
  );
  return rows;
}

/** The reference that stands for a user's name, or null. */
function toReference(column: string): string {
  return `case when ${column} ~ ' @[0-9a-f-]{36}$' then right(${column}, 36)::uuid end`;
}

/** `user @<reference>` by the user's name. */
function toShown(column: string, person: string): string {
  return `case when ${person}.ref is null then ${column}
               else left(${column}, -38) || ' ' || coalesce(${person}.user_name, '(erased)') end`;
}
