import type { DialReason } from '@ramal/contracts';

/** The dial can't be made as things stand, and a retry would not change that. Nothing was sent. */
export class DialRefusedError extends Error {
  readonly reason: DialReason;
  constructor(reason: DialReason) {
    super(`dial refused: ${reason}`);
    this.reason = reason;
  }
}

/**
 * The request provably never left this machine, or the CTI may be asked again: it may be tried again (I1). `why` is a short
 * code.
 */
export class DialUnsentError extends Error {
  readonly reason: DialReason;
  readonly why: string;
  constructor(reason: DialReason, why: string) {
    super(`dial not sent: ${why}`);
    this.reason = reason;
    this.why = why;
  }
}

/** The short code of an error, for logs and metrics: never its message, which may hold an address. */
export function toErrorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.name : 'unknown';
}
