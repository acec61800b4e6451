/** The gateway answered a request with `error`. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: string;
  readonly retryable: boolean;

  constructor(data: { code: string; message: string; retryable: boolean }) {
    super(`${data.code}: ${data.message}`);
    this.code = data.code;
    this.retryable = data.retryable;
  }
}

/** The socket closed while something was waited for. */
export class AgentClosedError extends Error {
  override readonly name = 'AgentClosedError';
  readonly closeCode: number;

  constructor(closeCode: number, reason: string) {
    super(`the gateway closed the socket: ${closeCode} ${reason}`);
    this.closeCode = closeCode;
  }
}
