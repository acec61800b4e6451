import dns from 'node:dns';
import { constants } from 'node:os';
import { dialReason } from '@ramal/contracts';
import { describe, expect, it } from 'vitest';
import { type DialDialect, judgeAttempt } from './retry-policy.ts';

const DIALECTS: Record<string, DialDialect> = {
  plain: { notPlacedStatuses: [], originateIdempotent: false },
  'says when it placed nothing': { notPlacedStatuses: [429, 503], originateIdempotent: false },
  idempotent: { notPlacedStatuses: [], originateIdempotent: true },
  both: { notPlacedStatuses: [429, 503], originateIdempotent: true },
};

/** What X.509 verification says, as Node names it (`tls`, "X509 certificate error codes"). */
const CERTIFICATES = [
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'CERT_SIGNATURE_FAILURE',
  'CRL_SIGNATURE_FAILURE',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
  'CRL_NOT_YET_VALID',
  'CRL_HAS_EXPIRED',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'ERROR_IN_CRL_LAST_UPDATE_FIELD',
  'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
  'OUT_OF_MEM',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
  'INVALID_PURPOSE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'HOSTNAME_MISMATCH',
];
const TLS = [
  'ERR_TLS_ALPN_CALLBACK_INVALID_RESULT',
  'ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS',
  'ERR_TLS_CERT_ALTNAME_FORMAT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_TLS_DH_PARAM_SIZE',
  'ERR_TLS_HANDSHAKE_TIMEOUT',
  'ERR_TLS_INVALID_CONTEXT',
  'ERR_TLS_INVALID_PROTOCOL_METHOD',
  'ERR_TLS_INVALID_PROTOCOL_VERSION',
  'ERR_TLS_INVALID_STATE',
  'ERR_TLS_PROTOCOL_VERSION_CONFLICT',
  'ERR_TLS_PSK_SET_IDENTITY_HINT_FAILED',
  'ERR_TLS_RENEGOTIATION_DISABLED',
  'ERR_TLS_REQUIRED_SERVER_NAME',
  'ERR_TLS_SESSION_ATTACK',
  'ERR_TLS_SNI_FROM_SERVER',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_NO_PROTOCOLS_AVAILABLE',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR',
  'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
  'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
  'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
  'ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC',
  'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_BAD_RECORD_TYPE',
  'ERR_SSL_UNEXPECTED_MESSAGE',
  'ERR_SSL_UNEXPECTED_EOF_WHILE_READING',
  'ERR_SSL_APPLICATION_DATA_AFTER_CLOSE_NOTIFY',
  'ERR_SSL_DH_KEY_TOO_SMALL',
  'ERR_SSL_EE_KEY_TOO_SMALL',
  'ERR_SSL_CA_MD_TOO_WEAK',
  'ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM',
  'ERR_SSL_NO_CIPHERS_AVAILABLE',
  'EPROTO',
];
const SOCKET = [
  'ERR_SOCKET_CLOSED',
  'ERR_SOCKET_CLOSED_BEFORE_CONNECTION',
  'ERR_SOCKET_BAD_PORT',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'ERR_INVALID_IP_ADDRESS',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_HTTP_REQUEST_TIMEOUT',
  'ERR_HTTP_SOCKET_ASSIGNED',
  'ERR_ABORTED',
  'ABORT_ERR',
  'HPE_INVALID_CONSTANT',
  'HPE_INVALID_HEADER_TOKEN',
  'HPE_INVALID_CONTENT_LENGTH',
  'HPE_UNEXPECTED_CONTENT_LENGTH',
  'HPE_INVALID_CHUNK_SIZE',
  'HPE_INVALID_STATUS',
  'HPE_INVALID_VERSION',
  'HPE_HEADER_OVERFLOW',
  'HPE_INVALID_EOF_STATE',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
  'EAI_MEMORY',
  'EAI_SYSTEM',
];
/** Of the HTTP library: codes, and the names of those of its errors that have none. */
const GOT = [
  'ERR_GOT_REQUEST_ERROR',
  'ERR_TOO_MANY_REDIRECTS',
  'ERR_NON_2XX_3XX_RESPONSE',
  'ERR_CACHE_ACCESS',
  'ERR_UPLOAD',
  'ERR_READING_RESPONSE_STREAM',
  'ERR_BODY_PARSE_FAILURE',
  'ERR_CANCELED',
  'ERR_RETRYING',
  'ERR_UNSUPPORTED_PROTOCOL',
  'RequestError',
  'MaxRedirectsError',
  'HTTPError',
  'CacheError',
  'UploadError',
  'TimeoutError',
  'ReadError',
  'UnsupportedProtocolError',
  'ParseError',
  'CancelError',
  'RetryError',
  'AbortError',
];
/** Our own short codes. */
const OWN = [
  'CLOSED_BEFORE_REQUEST',
  'CONNECT_TIMEOUT',
  'TLS_TIMEOUT',
  'DNS_TIMEOUT',
  'SEND_TIMEOUT',
  'HEAD_TIMEOUT',
  'CLOSED',
  'TOO_MANY_1XX',
];
const UNKNOWN = ['', 'unknown', 'E_OF_NEXT_YEAR', '__proto__', 'constructor'];

const DNS = Object.entries(dns).flatMap(([name, value]) =>
  /^[A-Z]+$/.test(name) && typeof value === 'string' ? [name, value] : [],
);
const CODES = [
  ...new Set([
    ...Object.keys(constants.errno),
    ...DNS,
    ...CERTIFICATES,
    ...TLS,
    ...SOCKET,
    ...GOT,
    ...OWN,
    ...UNKNOWN,
  ]),
];
const STATUSES = Array.from({ length: 500 }, (_, i) => 100 + i);

describe.each(Object.entries(DIALECTS))('I1 a CTI that is %s', (_, dialect) => {
  it('before the first byte: every error and every status is unsent, and tried again', () => {
    expect(CODES.length).toBeGreaterThan(200);
    const phase = 'before_first_byte';
    for (const code of CODES) {
      expect([code, judgeAttempt({ phase, kind: 'error', code }, dialect)]).toEqual([
        code,
        { kind: 'unsent' },
      ]);
    }
    for (const status of STATUSES) {
      expect([status, judgeAttempt({ phase, kind: 'status', status }, dialect)]).toEqual([
        status,
        { kind: 'unsent' },
      ]);
    }
  });

  it('after it every error is uncertain, and asked again only where that is safe', () => {
    const phase = 'after_first_byte';
    for (const code of CODES) {
      const verdict = judgeAttempt({ phase, kind: 'error', code }, dialect);
      expect([code, verdict]).toMatchObject([
        code,
        { kind: 'uncertain', again: dialect.originateIdempotent },
      ]);
      const { reason } = verdict as { reason: string };
      expect(['cti_reset', 'cti_timeout']).toContain(reason);
    }
  });

  it('after it every status means one thing', () => {
    for (const status of STATUSES) {
      const verdict = judgeAttempt({ phase: 'after_first_byte', kind: 'status', status }, dialect);
      const expected = dialect.notPlacedStatuses.includes(status)
        ? { kind: 'not_placed' }
        : status < 200 || status >= 500
          ? { kind: 'uncertain', reason: 'cti_error', again: dialect.originateIdempotent }
          : status < 300
            ? { kind: 'accepted' }
            : status < 400
              ? { kind: 'refused', reason: 'cti_redirected' }
              : status === 401 || status === 403
                ? { kind: 'refused', reason: 'cti_auth_failed' }
                : { kind: 'refused', reason: 'cti_rejected' };
      expect([status, verdict]).toEqual([status, expected]);
    }
  });

  it('what the body says by the tenant’s rules goes before the status', () => {
    for (const status of [100, 200, 302, 401, 404, 429, 500, 503]) {
      for (const reason of dialReason.options) {
        const verdict = judgeAttempt({ phase: 'after_first_byte', kind: 'status', status, reason }, dialect);
        const doubt = ['cti_error', 'cti_reset', 'cti_timeout'].includes(reason);
        expect(verdict).toEqual(
          reason === 'cti_busy' && dialect.notPlacedStatuses.includes(status)
            ? { kind: 'not_placed' }
            : doubt
              ? { kind: 'uncertain', reason, again: dialect.originateIdempotent }
              : { kind: 'refused', reason },
        );
      }
    }
  });
});

it.each(['ETIMEDOUT', 'TimeoutError', 'ESOCKETTIMEDOUT'])('%s after the first byte is a time-out', (code) => {
  const dialect = { notPlacedStatuses: [], originateIdempotent: false };
  expect(judgeAttempt({ phase: 'after_first_byte', kind: 'error', code }, dialect)).toMatchObject({
    reason: 'cti_timeout',
  });
});
