import { ERROR_CODES, type ErrorCode } from '@ramal/contracts';
import { AgentTokenInvalidError, WireError } from '@ramal/runtime';
import { CursorInvalidError, isDataError } from '@ramal/store';
import { RequestRateExceededError } from './request-limits.ts';

/** What a client is told about a failure: `errorResponse` of the contracts, never a stack. */
export interface ErrorReply {
  status: number;
  headers: Record<string, string>;
  body: { error: { code: ErrorCode; message: string; retryable: boolean } };
  /** True when it is ours to look into, not the client's. */
  unexpected: boolean;
}

/** The one place where a failure becomes a reply. */
export function toErrorReply(error: unknown): ErrorReply {
  const known = toKnownError(error);
  if (known !== null) return toReply(known.error, known.status ?? known.error.httpStatus, false);
  const unexpected = isOurFault(error)
    ? new WireError('internal_error', 'something went wrong on our side')
    : new WireError('unavailable', 'a part of the service does not answer; try again in a moment');
  return toReply(unexpected, unexpected.httpStatus, true);
}

function toReply(error: WireError, status: number, unexpected: boolean): ErrorReply {
  const headers: Record<string, string> = {};
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  if (status === 503 || status === 429) {
    headers['retry-after'] = error instanceof RequestRateExceededError ? String(error.retryAfterSec) : '1';
  }
  return { status, headers, body: { error: error.toData() }, unexpected };
}

/** What Fastify refuses before a handler runs; 415 is the one status that has no code of its own. */
const FASTIFY_ERRORS: Record<string, { code: ErrorCode; message: string; status?: number }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'payload_too_large', message: 'the body is larger than 64 KiB' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'bad_json', message: 'the body is not valid JSON' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'bad_json', message: 'the body is empty; send a JSON object' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'bad_request',
    message: 'send JSON, with Content-Type: application/json',
    status: 415,
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'bad_request',
    message: 'the body is not as long as Content-Length says',
  },
  FST_ERR_BAD_URL: { code: 'bad_request', message: 'the URL is not well encoded' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'not_found', message: 'no such address; see /openapi.json' },
};

function toKnownError(error: unknown): { error: WireError; status?: number } | null {
  if (error instanceof WireError) return { error };
  if (error instanceof AgentTokenInvalidError) return { error: new WireError('auth_failed', error.message) };
  if (error instanceof CursorInvalidError) return { error: new WireError('bad_request', error.message) };
  if (isDataError(error)) {
    return { error: new WireError('bad_request', 'a value holds characters that can’t be stored') };
  }
  const fastify = FASTIFY_ERRORS[toCode(error)];
  if (fastify !== undefined) {
    const { status = ERROR_CODES[fastify.code].http } = fastify;
    return { error: new WireError(fastify.code, fastify.message), status };
  }
  // Whatever else Fastify calls the client's fault.
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (toCode(error).startsWith('FST_') && typeof status === 'number' && status >= 400 && status < 500) {
    return { error: new WireError('bad_request', 'the request can’t be read'), status };
  }
  return null;
}

function toCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** Redis says these while it starts, fails over or is full; a retry may well meet a healthy server. */
const PASSING_REDIS_REPLIES = new Set([
  'LOADING',
  'READONLY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'NOREPLICAS',
  'MISCONF',
  'OOM',
  'BUSY',
]);

/** SQLSTATE classes of a server that is overloaded, shutting down or in conflict with another writer. */
const PASSING_SQL_CLASSES = new Set(['08', '40', '53', '55', '57', '58']);

/**
 * A bug, as opposed to a Redis or PostgreSQL that does not answer. Those two fail with plain errors whose
 * wording changes with the driver, so it is the bugs that are told apart.
 */
function isOurFault(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  if (error.name === 'ReplyError') return !PASSING_REDIS_REPLIES.has(error.message.split(' ')[0] ?? '');
  const code = toCode(error);
  if ('severity' in error && code.length === 5) return !PASSING_SQL_CLASSES.has(code.slice(0, 2));
  if (code.startsWith('FST_')) return true;
  return (
    error.name !== 'Error' && error.name !== 'MaxRetriesPerRequestError' && error.name !== 'AggregateError'
  );
}
