import type { DeniedAddress } from './address-policy.ts';

/**
 * Nothing was reached, or nothing usable came back. `code`: ADDRESS_DENIED, HOST_INVALID, ENOTFOUND, DNS_TIMEOUT or
 * DNS_…, CONNECT_TIMEOUT, TLS_TIMEOUT, those of `fetchOutbound`, or the system's own word. Neither the message nor the
 * code holds an address; `denied` does, for the operator alone.
 */
export class OutboundFailedError extends Error {
  readonly code: string;
  readonly denied: readonly DeniedAddress[];
  constructor(code: string, denied: readonly DeniedAddress[] = []) {
    super(`nothing was reached: ${code}`);
    this.name = 'OutboundFailedError';
    this.code = code;
    this.denied = denied;
  }
}

/** The short code of an error, for logs and metrics: never its message, which may hold an address. */
export function toErrorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.name : 'unknown';
}
