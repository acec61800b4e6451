/** Why the gateway closes a socket; `reconnect` says whether a client may come back by itself. */
export const CLOSE = {
  normal: { code: 1000, reason: 'logged out', reconnect: false },
  restart: { code: 1012, reason: 'server restarting', reconnect: true },
  tryLater: { code: 1013, reason: 'try again later', reconnect: true },
  authTimeout: { code: 4001, reason: 'no auth in time', reconnect: true },
  authFailed: { code: 4002, reason: 'auth failed', reconnect: false },
  tokenExpired: { code: 4003, reason: 'token expired', reconnect: true },
  protocolError: { code: 4004, reason: 'protocol error', reconnect: true },
  rateLimited: { code: 4008, reason: 'rate limited', reconnect: true },
  superseded: { code: 4009, reason: 'superseded by a newer connection', reconnect: true },
  tenantDisabled: { code: 4010, reason: 'tenant disabled', reconnect: false },
} as const;
export type CloseKind = keyof typeof CLOSE;

/** Error codes of the WebSocket and of the api, with the question a client asks first: does a retry help? */
export const ERROR_CODES = {
  bad_json: { retryable: false, http: 400 },
  bad_frame: { retryable: false, http: 400 },
  bad_request: { retryable: false, http: 400 },
  unknown_op: { retryable: false, http: 400 },
  payload_too_large: { retryable: false, http: 413 },
  auth_required: { retryable: false, http: 401 },
  auth_failed: { retryable: false, http: 401 },
  forbidden: { retryable: false, http: 403 },
  not_found: { retryable: false, http: 404 },
  rate_limited: { retryable: true, http: 429 },
  tenant_disabled: { retryable: false, http: 403 },
  cti_disabled: { retryable: false, http: 409 },
  ramal_missing: { retryable: false, http: 409 },
  intent_conflict: { retryable: false, http: 409 },
  intent_not_found: { retryable: false, http: 404 },
  intent_not_cancelable: { retryable: false, http: 409 },
  popup_not_found: { retryable: false, http: 404 },
  unavailable: { retryable: true, http: 503 },
  internal_error: { retryable: true, http: 500 },
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;
