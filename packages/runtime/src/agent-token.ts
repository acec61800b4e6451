import { AGENT_TOKEN, type AgentIdentity, agentClaims } from '@ramal/contracts';
import { errors, jwtVerify, SignJWT } from 'jose';

/** The token is not one we accept; `expired` tells the one case a client can mend by itself. */
export class AgentTokenInvalidError extends Error {
  readonly code = 'auth_failed';
  readonly expired: boolean;
  constructor(message: string, expired: boolean) {
    super(message);
    this.expired = expired;
  }
}

export interface VerifiedAgent {
  identity: AgentIdentity;
  /** When the token ends, epoch ms. */
  expiresAtMs: number;
}

/** Makes the short-lived token an agent's browser connects with (HS256). */
export function signAgentToken(options: {
  secret: string;
  tenant: string;
  user: string;
  ramal: string | null;
  ttlSec: number;
}): Promise<string> {
  const { secret, tenant, user, ramal, ttlSec } = options;
  const nowSec = Math.floor(Date.now() / 1000);
  return new SignJWT({ tenant, ...(ramal === null ? {} : { ramal }) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(user)
    .setIssuer(AGENT_TOKEN.issuer)
    .setAudience(AGENT_TOKEN.audience)
    .setIssuedAt(nowSec)
    .setExpirationTime(nowSec + ttlSec)
    .sign(new TextEncoder().encode(secret));
}

/**
 * Checks signature, algorithm (HS256 only), issuer, audience and times; the identity comes from the claims alone (I6).
 * @throws AgentTokenInvalidError
 */
export async function verifyAgentToken(token: string, secret: string): Promise<VerifiedAgent> {
  const payload = await jwtVerify(token, new TextEncoder().encode(secret), {
    algorithms: ['HS256'],
    issuer: AGENT_TOKEN.issuer,
    audience: AGENT_TOKEN.audience,
    clockTolerance: 5,
    requiredClaims: ['exp', 'sub'],
  }).catch((error: unknown) => {
    throw new AgentTokenInvalidError(
      'the token is not valid; ask for a new one',
      error instanceof errors.JWTExpired,
    );
  });
  const claims = agentClaims.safeParse(payload.payload);
  if (!claims.success) throw new AgentTokenInvalidError('the token lacks a tenant or a user', false);
  const { sub: user, tenant, ramal = null, exp } = claims.data;
  return { identity: { tenant, user, ramal }, expiresAtMs: exp * 1000 };
}
