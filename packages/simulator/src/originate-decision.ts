import type { Account } from './account.ts';
import type { Behaviour } from './behaviour.ts';
import { findAuthorizedAccount } from './credentials.ts';
import type { OriginateOutcome } from './originate-record.ts';

/** What an originate request says, read by the names of its account. */
export interface OriginateRequest {
  account: Account | null;
  authorized: boolean;
  origin: string | null;
  destination: string | null;
}

/** How the CTI meets it. */
export interface OriginateDecision {
  outcome: OriginateOutcome;
  replyStatus: number | null;
  placesCall: boolean;
}

/** Splits a request target; an absolute one loses its scheme and host. */
export function toPathAndQuery(target: string): { path: string; query: URLSearchParams } {
  const local = target.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
  const mark = local.indexOf('?');
  const path = mark < 0 ? local : local.slice(0, mark);
  return { path, query: new URLSearchParams(mark < 0 ? '' : local.slice(mark + 1)) };
}

/** Reads an originate for the accounts of its path; there must be at least one. */
export function toOriginateRequest(
  candidates: readonly Account[],
  query: URLSearchParams,
  headers: { authorization: string | undefined; tokenHeader: string | undefined },
): OriginateRequest {
  const found = findAuthorizedAccount(candidates, { ...headers, query });
  const readBy = found ?? candidates[0];
  return {
    account: found ?? (candidates.length === 1 ? (candidates[0] ?? null) : null),
    authorized: found !== null,
    origin: readBy ? query.get(readBy.originName) : null,
    destination: readBy ? query.get(readBy.destinationName) : null,
  };
}

/** Decides what happens: faults first, as a broken CTI breaks before it looks at credentials. */
export function toOriginateDecision(request: OriginateRequest, behaviour: Behaviour): OriginateDecision {
  const callable = request.authorized && Boolean(request.origin) && Boolean(request.destination);
  const { fault, status } = behaviour;
  if (fault !== 'none') {
    const replyStatus = fault === 'redirect' ? 302 : fault === 'huge_body' ? 200 : null;
    return { outcome: fault, replyStatus, placesCall: callable && behaviour.callOnFault };
  }
  if (status !== null) {
    const placesCall = callable && (status < 300 || behaviour.callOnFault);
    return { outcome: 'status', replyStatus: status, placesCall };
  }
  if (!request.authorized) return { outcome: 'unauthorized', replyStatus: 401, placesCall: false };
  if (!callable) return { outcome: 'missing_variables', replyStatus: 400, placesCall: false };
  return { outcome: 'accepted', replyStatus: 200, placesCall: true };
}
