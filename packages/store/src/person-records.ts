import { type AuditRecord, queryAudit } from './audit-query.ts';
import type { Queryable } from './connect-store.ts';

/** A dead letter that may speak of somebody. */
export interface FoundLetter {
  id: string;
  payload: string;
  createdAt: string;
}

/** One step of a search: how many at most, and behind which id it goes on. */
interface LetterPage {
  afterId?: string | null;
  limit?: number;
}

const PAGE = 1_000;

/**
 * Dead letters of a tenant, and of nobody, that hold a text or, whatever stands between them, some digits: the next ones
 * by id, at most `limit`. Fewer than that are the last.
 */
export async function searchDeadLetters(
  store: Queryable,
  tenant: string,
  hint: { digits: string } | { text: string },
  { afterId = null, limit = PAGE }: LetterPage = {},
): Promise<FoundLetter[]> {
  const { rows } = await store.query<FoundLetter>(
    `select id::text as id, payload, to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "createdAt"
       from dead_letters
      where (tenant = $1 or tenant is null) and ($3::bigint is null or id > $3::bigint)
        and ${
          'digits' in hint
            ? `regexp_replace(payload, '\\D', '', 'g') like '%' || $2 || '%'`
            : `position(to_jsonb($2::text)::text in payload) > 0`
        }
      order by dead_letters.id limit $4`,
    [tenant, 'digits' in hint ? hint.digits : hint.text, afterId, limit],
  );
  return rows;
}

/** All of them, a page at a time. */
export async function* eachDeadLetter(
  store: Queryable,
  tenant: string,
  hint: { digits: string } | { text: string },
  limit = PAGE,
): AsyncGenerator<FoundLetter> {
  let afterId: string | null = null;
  for (;;) {
    const page: FoundLetter[] = await searchDeadLetters(store, tenant, hint, { afterId, limit });
    yield* page;
    afterId = page.at(-1)?.id ?? null;
    if (page.length < limit) return;
  }
}

export async function replaceDeadLetter(
  store: Queryable,
  tenant: string,
  letter: { id: string; payload: string },
): Promise<void> {
  await store.query(
    'update dead_letters set payload = $3 where id = $2 and (tenant = $1 or tenant is null)',
    [tenant, letter.id, letter.payload],
  );
}

/** What the directory holds of a user, without anything secret. */
export interface UserRecord {
  user: string;
  displayName: string | null;
  ramal: string | null;
  agente: string | null;
  active: boolean;
}

export async function findUserRecord(
  store: Queryable,
  tenant: string,
  user: string,
): Promise<UserRecord | null> {
  const { rows } = await store.query<UserRecord>(
    `select user_name as "user", display_name as "displayName", ramal, agente, active
       from agents where tenant = $1 and user_name = $2`,
    [tenant, user],
  );
  return rows[0] ?? null;
}

/** Removes a user who is switched off. Returns whether there was one. */
export async function deleteInactiveUser(store: Queryable, tenant: string, user: string): Promise<boolean> {
  const { rowCount } = await store.query(
    'delete from agents where tenant = $1 and user_name = $2 and not active',
    [tenant, user],
  );
  return rowCount > 0;
}

/** From now on the audit log's entries about a user name nobody; the entries themselves stay as they are. */
export async function forgetAuditPerson(store: Queryable, tenant: string, user: string): Promise<boolean> {
  const { rowCount } = await store.query(
    'update audit_persons set user_name = null, erased_at = now() where tenant = $1 and user_name = $2',
    [tenant, user],
  );
  return rowCount > 0;
}

/** The newest 1000 entries of the audit log about somebody. */
export function listAuditOf(store: Queryable, tenant: string, subject: string): Promise<AuditRecord[]> {
  return queryAudit(store, { tenant, subject, limit: 1_000 });
}
