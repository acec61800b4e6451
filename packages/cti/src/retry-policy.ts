import type { DialReason } from '@ramal/contracts';

/** What a tenant's CTI promises beyond plain HTTP about a dial (I1). JSON-safe. */
export interface DialDialect {
  /** Statuses by which it says that it placed no call now and may be asked again. */
  notPlacedStatuses: readonly number[];
  /** Asked twice with the same call id of ours it places one call. */
  originateIdempotent: boolean;
}

/** How one attempt ended. The first byte counts as gone from the moment it may have left this machine. */
export type AttemptEnd = { phase: 'before_first_byte' | 'after_first_byte' } & (
  | { kind: 'error'; code: string }
  /** `reason`: what the body says by the tenant's own rules. */
  | { kind: 'status'; status: number; reason?: DialReason | undefined }
);

export type RetryVerdict =
  /** Provably unsent: try again. */
  | { kind: 'unsent' }
  /** The CTI says that it placed nothing: try again. */
  | { kind: 'not_placed' }
  /** Nobody knows; `again` where the CTI may be asked again all the same. */
  | { kind: 'uncertain'; reason: DialReason; again: boolean }
  | { kind: 'refused'; reason: DialReason }
  | { kind: 'accepted' };

/** What "no answer in time" is called, by the system, by Node and by the HTTP library. */
const TIMEOUTS = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'ERR_HTTP_REQUEST_TIMEOUT',
  'TimeoutError',
]);

/** Reasons that are no answer but the want of one, whoever gives them. */
const DOUBTS: ReadonlySet<DialReason> = new Set(['cti_error', 'cti_reset', 'cti_timeout']);

/**
 * May a dial be tried again, and if not, what became of it? The one place that decides it (I1), for every error and
 * every answer: what never left is tried again whatever the error, and what may have left is doubted unless the CTI said a
 * clear yes or no.
 */
export function judgeAttempt(end: AttemptEnd, dialect: DialDialect): RetryVerdict {
  // What answers before it was asked answers somebody else.
  if (end.phase === 'before_first_byte') return { kind: 'unsent' };
  const uncertain = (reason: DialReason): RetryVerdict => ({
    kind: 'uncertain',
    reason,
    again: dialect.originateIdempotent,
  });
  if (end.kind === 'error') return uncertain(TIMEOUTS.has(end.code) ? 'cti_timeout' : 'cti_reset');
  const { status, reason } = end;
  // The body alone makes no retry: the status must be one by which this CTI says that it placed nothing.
  if (reason === 'cti_busy' && dialect.notPlacedStatuses.includes(status)) return { kind: 'not_placed' };
  if (reason !== undefined) return DOUBTS.has(reason) ? uncertain(reason) : { kind: 'refused', reason };
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  if (dialect.notPlacedStatuses.includes(status)) return { kind: 'not_placed' };
  if (status >= 300 && status < 400) return { kind: 'refused', reason: 'cti_redirected' };
  if (status === 401 || status === 403) return { kind: 'refused', reason: 'cti_auth_failed' };
  if (status >= 400 && status < 500) return { kind: 'refused', reason: 'cti_rejected' };
  return uncertain('cti_error');
}
