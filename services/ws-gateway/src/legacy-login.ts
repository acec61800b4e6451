import { createHash, timingSafeEqual } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentTokenInvalidError, type VerifiedAgent, WireError } from '@ramal/runtime';
import type { LoginFrame } from './dialect.ts';
import { createLoginLimit } from './login-limit.ts';

export interface LegacyLoginOptions {
  /** @throws AgentTokenInvalidError */
  verify(token: string): Promise<VerifiedAgent>;
  /** An active user's own, with the company's `senha_padrao` where it stands in (R42); null for nobody. */
  credentials(tenant: string, user: string): Promise<{ ramal: string | null; senha: string | null } | null>;
  /** Whether a password at the CTI may stand where a token should. */
  allowPasswords: boolean;
  /** How long a refused password is waited for, in ms; default 500. */
  refusalDelayMs?: number;
  /** A clock that only goes forward, ms. */
  now?: () => number;
}

/**
 * Finds out who logs in (R47).
 * @throws AgentTokenInvalidError, or WireError `auth_failed`, `forbidden` or `rate_limited`
 */
export type LegacyLogin = (login: LoginFrame['data'], remoteAddress: string) => Promise<VerifiedAgent>;

/** A password's session; a token says itself how long it lives. */
const PASSWORD_SESSION_MS = 12 * 60 * 60 * 1000;
const REFUSAL_DELAY_MS = 500;

export function createLegacyLogin(options: LegacyLoginOptions): LegacyLogin {
  const { verify, credentials, allowPasswords, refusalDelayMs = REFUSAL_DELAY_MS } = options;
  const limit = createLoginLimit(options.now ?? (() => performance.now()));

  const byPassword = async (login: LoginFrame['data'], remoteAddress: string): Promise<VerifiedAgent> => {
    const { tenant, user, passwd } = login;
    // Counted before it is looked at: many at once must not slip past the limit together.
    const attempt = limit.begin(tenant, user, remoteAddress);
    if (attempt === null) {
      throw new WireError('rate_limited', 'too many failed logins; try again in a few minutes');
    }
    const known = await credentials(tenant, user).catch((error: unknown) => {
      attempt.forgive();
      throw error;
    });
    // An unknown company or user takes as long, and is told the same, as a wrong password.
    if (!isSamePassword(passwd, known?.senha ?? null)) {
      await delay(refusalDelayMs);
      throw new WireError('auth_failed', 'unknown company or user, or wrong password');
    }
    attempt.forgive();
    const identity = { tenant, user, ramal: known?.ramal ?? null };
    const nowMs = Date.now();
    return {
      identity,
      role: 'agent',
      grant: { kind: 'password' },
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + PASSWORD_SESSION_MS,
    };
  };

  return async (login, remoteAddress) => {
    const verified = await verify(login.passwd).catch((error: unknown) => {
      // A token that has run out is no password, and its client is told to get a new one.
      const perhapsPassword = error instanceof AgentTokenInvalidError && !error.expired;
      if (allowPasswords && perhapsPassword) return byPassword(login, remoteAddress);
      throw error;
    });
    requireOwn(verified, login);
    return verified;
  };
}

/** Who somebody is says the credential alone; what the message claims must agree with it (I6). */
function requireOwn({ identity }: VerifiedAgent, { tenant, user, ramal }: LoginFrame['data']): void {
  if (identity.tenant !== tenant || identity.user !== user) {
    throw new WireError('forbidden', 'the token is of another company or user than the login');
  }
  if (ramal !== undefined && ramal !== identity.ramal) {
    throw new WireError('forbidden', 'this extension (ramal) is not yours');
  }
}

/** Takes the same time for any two texts; nothing equals a password that is not there. */
function isSamePassword(given: string, expected: string | null): boolean {
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest();
  const same = timingSafeEqual(digest(given), digest(expected ?? ''));
  return same && expected !== null && expected !== '';
}
