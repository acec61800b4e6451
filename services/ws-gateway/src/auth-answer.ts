import type { CloseKind, CtiStatus } from '@ramal/contracts';
import { AgentTokenInvalidError, type VerifiedAgent } from '@ramal/runtime';
import type { SessionState } from './agent-session.ts';
import type { EdgeFrame } from './dialect.ts';
import { toWireError } from './errors.ts';
import type { SocketManners } from './presence-keeper.ts';

/** What a socket must begin with, of either dialect. */
export type AuthFrame = Extract<EdgeFrame, { op: 'auth' | 'login' }>;

/** How a socket ends whose `auth` or `login` failed. */
export function toAuthClose(error: unknown): CloseKind {
  if (error instanceof AgentTokenInvalidError && error.expired) return 'tokenExpired';
  const { code } = toWireError(error);
  // Whoever could tell does not answer: that is no word about the token.
  if (code === 'unavailable') return 'tryLater';
  return code === 'rate_limited' ? 'rateLimited' : 'authFailed';
}

/** The legacy dialect has no word for tabs. */
export function toManners(frame: AuthFrame): SocketManners {
  return frame.op === 'auth' ? { tab: frame.data.tab, focused: frame.data.focused } : {};
}

/** The answer to an `auth` that was let in: who the agent is, what their CTI does, and all that stands now. */
export function toReady(
  verified: VerifiedAgent,
  cti: CtiStatus,
  state: SessionState,
  heartbeatMs: number,
): string {
  return JSON.stringify({
    op: 'ready',
    ts: Date.now(),
    data: { agent: verified.identity, cti, ...state, heartbeatMs },
  });
}
