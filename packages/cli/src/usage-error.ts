/** The command line is wrong; the message says what is, in one sentence. */
export class UsageError extends Error {
  readonly code = 'usage';
  override readonly name = 'UsageError';
}

/** The command can't go on; the message says why and what to do. Never holds a secret. */
export class CommandFailedError extends Error {
  readonly code = 'command_failed';
  override readonly name = 'CommandFailedError';
}
