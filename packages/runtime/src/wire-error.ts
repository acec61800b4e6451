import { ERROR_CODES, type ErrorCode } from '@ramal/contracts';

/** A refusal a client is told about: a stable code and a sentence that says what to do. */
export class WireError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
  get httpStatus(): number {
    return ERROR_CODES[this.code].http;
  }
  /** The shape both the WebSocket's error frames and the api's error replies carry. */
  toData(): { code: ErrorCode; message: string; retryable: boolean } {
    return { code: this.code, message: this.message, retryable: this.retryable };
  }
}
