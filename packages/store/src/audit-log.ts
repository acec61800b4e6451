import { toAuditText, toAuditValue } from './audit-text.ts';
import type { Queryable } from './connect-store.ts';

/** What is written down about one act. */
export interface AuditEntry {
  /** Whose data or configuration it was; null for the whole installation. */
  tenant: string | null;
  /** Who did it: `key <name>`, `agent <user>`, `operator <name>`, `process <name>`. */
  actor: string;
  /** `noun.verb`, past tense: `number.revealed`, `key.created`, `person.erased`. */
  action: string;
  /**
   * What it was done to: a call's id, `key <name>`, `user <user>`, `number <keyed hash>`. Never a telephone number: what
   * looks like one is masked.
   */
  subject: string | null;
  /** Flat facts, no secret and no telephone number. */
  detail?: object;
}

/**
 * Appends to the audit log (threat 11), in the transaction of `store` where there is one: then the act and its entry stand
 * or fall together. Users that actor and subject name are stored by reference, so that they can be forgotten later.
 */
export async function appendAudit(store: Queryable, entry: AuditEntry): Promise<void> {
  const { tenant, action, subject, detail = {} } = entry;
  await store.query(
    `insert into audit_log (tenant, actor, action, subject, detail)
     select $1::text, ${toReference('$2', '$3')}, $4, ${toReference('$5', '$6')}, $7::jsonb`,
    [
      tenant,
      ...toParty(tenant, entry.actor),
      action,
      ...toParty(tenant, subject),
      JSON.stringify(toAuditValue(detail)),
    ],
  );
}

const USER = /^(agent|user) (.+)$/s;

/** The kind and the name of a user, or the text as it is and null. */
function toParty(tenant: string | null, party: string | null): [string | null, string | null] {
  const [, kind, user] = USER.exec(party ?? '') ?? [];
  if (tenant !== null && kind !== undefined && user !== undefined) return [kind, user];
  return [party === null ? null : toAuditText(party), null];
}

function toReference(kind: string, user: string): string {
  return `case when ${user}::text is null then ${kind}::text
               else ${kind}::text || ' @' || ramal_audit_person($1::text, ${user}::text) end`;
}
