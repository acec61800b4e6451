import { AgentTokenInvalidError, WireError } from '@ramal/runtime';

/** Every failure of a frame's handling becomes one error a client understands, without what it must not see. */
export function toWireError(error: unknown): WireError {
  if (error instanceof WireError) return error;
  if (error instanceof AgentTokenInvalidError) return new WireError('auth_failed', error.message);
  return new WireError('unavailable', 'the service can’t do this right now; try again in a moment');
}

/** Is it ours to look into, or the client's? */
export function isUnexpected(error: unknown): boolean {
  return !(error instanceof WireError) && !(error instanceof AgentTokenInvalidError);
}
