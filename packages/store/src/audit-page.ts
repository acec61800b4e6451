import { type AuditFilter, type AuditRecord, queryAudit } from './audit-query.ts';
import { CursorInvalidError } from './calls-cursor.ts';
import type { Queryable } from './connect-store.ts';

/** The logs that tell of a tenant: the directory's, and that of a database of its own (R42). */
export interface AuditLogs {
  shared: Queryable;
  own: Queryable | null;
}

export interface AuditPage {
  records: AuditRecord[];
  /** Null on the last page. */
  nextCursor: string | null;
}

/** A page of both logs as one, newest first. Throws CursorInvalidError. */
export async function queryAuditOf(
  { shared, own }: AuditLogs,
  filter: Omit<AuditFilter, 'beforeId'>,
  cursor?: string,
): Promise<AuditPage> {
  const before = cursor === undefined ? { shared: undefined, own: undefined } : parseCursor(cursor);
  const read = (log: Queryable, beforeId: string | undefined) =>
    queryAudit(log, { ...filter, limit: filter.limit + 1, beforeId });
  const [ofShared, ofOwn] = await Promise.all([
    // What a tenant's own database does not know is known by its name here.
    read(shared, before.shared),
    own === null ? [] : read(own, before.own),
  ]);
  const all = [
    ...ofShared.map((record) => ({ record, from: 'shared' as const })),
    ...ofOwn.map((record) => ({ record, from: 'own' as const })),
  ].sort((a, b) => (a.record.at < b.record.at ? 1 : a.record.at > b.record.at ? -1 : 0));
  const page = all.slice(0, filter.limit);
  const lastOf = (from: 'shared' | 'own') =>
    page.findLast((one) => one.from === from)?.record.id ?? before[from];
  const nextCursor = all.length > page.length ? toCursor(lastOf('shared'), lastOf('own')) : null;
  return { records: page.map(({ record }) => record), nextCursor };
}

function toCursor(shared = '', own = ''): string {
  return Buffer.from(`${shared}.${own}`).toString('base64url');
}

function parseCursor(text: string): { shared: string | undefined; own: string | undefined } {
  const [whole, shared = '', own = ''] =
    /^(\d{0,18})\.(\d{0,18})$/.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? [];
  if (whole === undefined || whole === '.') throw new CursorInvalidError();
  return { shared: shared === '' ? undefined : shared, own: own === '' ? undefined : own };
}
