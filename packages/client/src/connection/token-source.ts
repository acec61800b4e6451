import { RamalError } from '../ramal-error.ts';

/** `connect` for a new connection, `refresh` before the old token ends, `expired` when the gateway took it no more. */
export type TokenReason = 'connect' | 'refresh' | 'expired';

/** What `getToken` may return: the token alone, or what `POST /v1/sessions` answers. */
export type TokenAnswer = string | { token: string; expiresAt?: string | number; expiresInSec?: number };

/**
 * Asks for a token of the agent. What it throws is tried again later, with growing pauses, but for an error whose
 * `retryable` is false: there is no token for this person, and the client fails with `token_denied`.
 */
export type GetToken = (asked: { reason: TokenReason }) => TokenAnswer | Promise<TokenAnswer>;

export interface AgentTokenHeld {
  token: string;
  /** Whose it is, as it says itself; null when it can't be read. */
  owner: string | null;
  /** When it ends by the server's clock, ms since the epoch; null when nobody says. */
  expiresAtMs: number | null;
}

export interface TokenSource {
  /** One that is good for a while yet. @throws whatever getToken throws */
  get(serverNowMs: number): Promise<AgentTokenHeld>;
  /** A new one. */
  renew(reason: TokenReason, serverNowMs: number): Promise<AgentTokenHeld>;
  /** The gateway does not take it any more. */
  forget(): void;
}

/** A quarter of its life, a minute at most: no token that is nearer to its end is worth connecting with. */
export function toSpareMs(lifeMs: number): number {
  return Math.min(60_000, Math.max(0, lifeMs) / 4);
}

export function createTokenSource(getToken: GetToken): TokenSource {
  let held: AgentTokenHeld | null = null;
  let goodUntilMs = 0;
  let expired = false;
  /** @throws what getToken throws, also where it is no async function */
  const renew: TokenSource['renew'] = async (reason, serverNowMs) => {
    const next = toHeld(await getToken({ reason }), serverNowMs);
    held = next;
    expired = false;
    const lifeMs = next.expiresAtMs === null ? Infinity : next.expiresAtMs - serverNowMs;
    goodUntilMs = serverNowMs + lifeMs - toSpareMs(lifeMs);
    return next;
  };
  return {
    get: (serverNowMs) =>
      held !== null && serverNowMs < goodUntilMs
        ? Promise.resolve(held)
        : renew(expired ? 'expired' : 'connect', serverNowMs),
    renew,
    forget: () => {
      held = null;
      expired = true;
    },
  };
}

function toHeld(answer: TokenAnswer, serverNowMs: number): AgentTokenHeld {
  const { token, expiresAt, expiresInSec } = typeof answer === 'string' ? { token: answer } : answer;
  if (typeof token !== 'string' || token === '') {
    throw new RamalError({ code: 'token_denied', message: 'getToken brought no token', retryable: true });
  }
  const claims = readClaims(token);
  return {
    token,
    owner: toOwner(claims),
    expiresAtMs: toExpiry(claims, expiresAt, expiresInSec, serverNowMs),
  };
}

function toExpiry(
  claims: Record<string, unknown>,
  expiresAt: string | number | undefined,
  expiresInSec: number | undefined,
  serverNowMs: number,
): number | null {
  if (typeof claims['exp'] === 'number') return claims['exp'] * 1000;
  if (expiresInSec !== undefined) return serverNowMs + expiresInSec * 1000;
  const told = typeof expiresAt === 'string' ? Date.parse(expiresAt) : expiresAt;
  return told === undefined || Number.isNaN(told) ? null : told;
}

function toOwner({ tenant, sub }: Record<string, unknown>): string | null {
  return typeof tenant === 'string' && typeof sub === 'string' ? JSON.stringify([tenant, sub]) : null;
}

/** What a JWT says, unverified: only to know when to ask for the next one, and which tabs belong together. */
function readClaims(token: string): Record<string, unknown> {
  try {
    const base64 = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
