import type { CallResult, CallState, Direction, HistoryCall } from '@ramal/contracts';
import { parseCursor, toCursor } from './calls-cursor.ts';
import type { Queryable } from './connect-store.ts';
import { type CallColumns, toHistoryCall } from './history-call.ts';

/** What to list; the parsed `callsQuery` of the contracts, with the tenant of the credential (I6). */
export interface CallsFilter {
  tenant: string;
  user?: string | undefined;
  ramal?: string | undefined;
  direction?: Direction | undefined;
  state?: CallState | undefined;
  result?: CallResult | undefined;
  /** The last digits of the far end's number. */
  number?: string | undefined;
  /** RFC 3339, inclusive. */
  from?: string | undefined;
  /** RFC 3339, exclusive. */
  to?: string | undefined;
  limit: number;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
}

export interface CallsPage {
  calls: HistoryCall[];
  /** Null on the last page. */
  nextCursor: string | null;
}

/** A page of a tenant's calls, newest first. Throws CursorInvalidError. */
export async function queryCalls(store: Queryable, filter: CallsFilter): Promise<CallsPage> {
  const { where, values } = toConditions(filter);
  const { rows } = await store.query<CallColumns>(
    `select * from calls where ${where} order by started_at desc, call_id desc limit $${values.length + 1}`,
    [...values, filter.limit + 1],
  );
  const calls = rows.slice(0, filter.limit).map(toHistoryCall);
  const last = rows.length > filter.limit ? rows[filter.limit - 1] : undefined;
  const nextCursor =
    last === undefined ? null : toCursor({ startedAtMs: last.started_at.getTime(), callId: last.call_id });
  return { calls, nextCursor };
}

function toConditions(filter: CallsFilter): { where: string; values: unknown[] } {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const add = (toCondition: (...names: string[]) => string, ...params: unknown[]) => {
    conditions.push(toCondition(...params.map((param) => `$${values.push(param)}`)));
  };
  add((tenant) => `tenant = ${tenant}`, filter.tenant);
  if (filter.user !== undefined) add((user) => `user_name = ${user}`, filter.user);
  if (filter.ramal !== undefined) add((ramal) => `ramal = ${ramal}`, filter.ramal);
  if (filter.direction !== undefined) add((direction) => `direction = ${direction}`, filter.direction);
  if (filter.state !== undefined) add((state) => `state = ${state}`, filter.state);
  if (filter.result !== undefined) add((result) => `result = ${result}`, filter.result);
  if (filter.number !== undefined) {
    // Digits only, so nothing in it means anything to LIKE; reversed, so the index serves a search by suffix.
    const reversed = Array.from(filter.number.replace(/\D/g, '')).reverse().join('');
    add((pattern) => `reverse(peer_digits) like ${pattern}`, `${reversed}%`);
  }
  if (filter.from !== undefined) add((from) => `started_at >= ${from}::timestamptz`, new Date(filter.from));
  if (filter.to !== undefined) add((to) => `started_at < ${to}::timestamptz`, new Date(filter.to));
  if (filter.cursor !== undefined) {
    const cursor = parseCursor(filter.cursor);
    add(
      (startedAt, callId) => `(started_at, call_id) < (${startedAt}::timestamptz, ${callId}::uuid)`,
      new Date(cursor.startedAtMs),
      cursor.callId,
    );
  }
  return { where: conditions.join(' and '), values };
}
