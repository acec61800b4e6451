import { WireError } from '@ramal/runtime';

/** Codes the HTTP server itself gives for requests it can't read. */
const REQUEST_CODES: Record<string, () => WireError> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new WireError('payload_too_large', 'the body is too large'),
  FST_ERR_MAX_PARAM_LENGTH: () => new WireError('not_found', 'there is nothing at this address'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new WireError('bad_request', 'the body is not as long as Content-Length says'),
};

/**
 * Every failure becomes one answer. What is not the caller's fault is 503: a CTI that retries gets its
 * callback stored then (I3), and never sees why.
 */
export function toWireError(error: unknown): WireError {
  if (error instanceof WireError) return error;
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  const known = code === undefined ? undefined : REQUEST_CODES[code];
  if (known !== undefined) return known();
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new WireError('bad_request', 'the request can’t be read');
  }
  return new WireError('unavailable', 'try again in a moment');
}
