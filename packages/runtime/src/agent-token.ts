import { AGENT_TOKEN, type AgentIdentity, agentClaims, type AgentRole } from '@ramal/contracts';
import { errors, jwtVerify, type JWTVerifyGetKey, SignJWT } from 'jose';
import { Hs256TokenError, openHs256Token } from './hs256-token.ts';

/** The token is not one we accept; `expired` tells the one case a client can mend by itself. */
export class AgentTokenInvalidError extends Error {
  readonly code = 'auth_failed';
  readonly expired: boolean;
  constructor(message: string, expired: boolean) {
    super(message);
    this.expired = expired;
  }
}

/** What let an agent in: it must still stand for the agent to stay. */
type AgentGrant =
  /** The deployment's own secret. */
  | { kind: 'deployment' }
  /** An HS256 key of the tenant's own. */
  | { kind: 'keys'; kid: string }
  /** The tenant's identity provider. */
  | { kind: 'jwks'; issuer: string }
  /** The password at the CTI, in the legacy dialect. */
  | { kind: 'password' };

export interface VerifiedAgent {
  identity: AgentIdentity;
  role: AgentRole;
  grant: AgentGrant;
  /** When the token was issued, epoch ms; null where it does not say. */
  issuedAtMs: number | null;
  /** When the token ends, epoch ms. */
  expiresAtMs: number;
}

/** What a token is signed with. */
export interface TokenSigner {
  secret: string;
  /** The key's name, of a key of a tenant's own; with it its issuer and audience. */
  kid?: string;
  issuer?: string;
  audience?: string;
}

/** Makes the short-lived token an agent's browser connects with (HS256). */
export function signAgentToken(
  options: TokenSigner & {
    tenant: string;
    user: string;
    ramal: string | null;
    ttlSec: number;
    role?: AgentRole | undefined;
  },
): Promise<string> {
  const { secret, kid, issuer, audience, tenant, user, ramal, ttlSec, role = 'agent' } = options;
  const nowMs = Date.now();
  return (
    new SignJWT({
      tenant,
      ...(ramal === null ? {} : { ramal }),
      ...(role === 'agent' ? {} : { role }),
    })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT', ...(kid === undefined ? {} : { kid }) })
      .setSubject(user)
      .setIssuer(issuer ?? AGENT_TOKEN.issuer)
      .setAudience(audience ?? AGENT_TOKEN.audience)
      // To the millisecond: a token made right after a revocation is not taken for an older one.
      .setIssuedAt(nowMs / 1000)
      .setExpirationTime(Math.floor(nowMs / 1000) + ttlSec)
      .sign(new TextEncoder().encode(secret))
  );
}

/** What a token is held against. */
export interface TokenRule {
  /** A shared secret, of HS256 alone; or where a provider's public keys come from. */
  key: Uint8Array | JWTVerifyGetKey;
  /** Of a provider's. */
  algorithms: readonly string[];
  issuer: string;
  audience: string;
  /** Claims that must be there, beside `exp`, `sub`, `iss` and `aud`. */
  required?: readonly string[];
}

/** What is left of a token that is in order. */
export interface VerifiedClaims {
  identity: AgentIdentity;
  role: AgentRole;
  kid: string | undefined;
  issuedAtMs: number | null;
  expiresAtMs: number;
}

/** How far the clocks of who signs and who checks may differ. */
const CLOCK_TOLERANCE_SEC = 5;

/**
 * Checks signature, algorithm, issuer, audience and times (threat 7); the identity comes from the claims alone (I6). Keys and
 * addresses in the token's own header (`jwk`, `jku`, `x5c`, `x5u`) are not looked at.
 * @throws AgentTokenInvalidError, or what the rule's key throws while its source is away
 */
export async function verifyClaims(token: string, rule: TokenRule): Promise<VerifiedClaims> {
  const { payload, kid } = await openToken(token, rule).catch((error: unknown) => {
    // The provider does not answer: that says nothing about the token.
    if (isOutage(error)) throw error;
    throw new AgentTokenInvalidError('the token is not valid; ask for a new one', isExpired(error));
  });
  const claims = agentClaims.safeParse(payload);
  if (!claims.success) throw new AgentTokenInvalidError('the token lacks a tenant or a user', false);
  const { sub: user, tenant, ramal = null, role = 'agent', iat, exp } = claims.data;
  return {
    identity: { tenant, user, ramal },
    role,
    kid,
    issuedAtMs: iat === undefined ? null : iat * 1000,
    expiresAtMs: exp * 1000,
  };
}

/** A token signed by the deployment's own secret (HS256 only). @throws AgentTokenInvalidError */
export async function verifyAgentToken(token: string, secret: string): Promise<VerifiedAgent> {
  const { identity, role, issuedAtMs, expiresAtMs } = await verifyClaims(token, toSecretRule(secret));
  return { identity, role, grant: { kind: 'deployment' }, issuedAtMs, expiresAtMs };
}

/** HS256 by a shared secret. */
export function toSecretRule(
  secret: string,
  { issuer, audience }: { issuer: string; audience: string } = AGENT_TOKEN,
): TokenRule {
  return { key: new TextEncoder().encode(secret), algorithms: ['HS256'], issuer, audience };
}

async function openToken(
  token: string,
  { key, algorithms, issuer, audience, required = [] }: TokenRule,
): Promise<{ payload: Record<string, unknown>; kid: string | undefined }> {
  const requiredClaims = ['exp', 'sub', ...required];
  if (typeof key !== 'function') {
    const rule = { key, issuer, audience, required: requiredClaims, clockToleranceSec: CLOCK_TOLERANCE_SEC };
    const { claims, kid } = openHs256Token(token, rule, Math.floor(Date.now() / 1000));
    return { payload: claims, kid };
  }
  const { payload, protectedHeader } = await jwtVerify(token, key, {
    algorithms: [...algorithms],
    issuer,
    audience,
    clockTolerance: CLOCK_TOLERANCE_SEC,
    requiredClaims,
  });
  return { payload, kid: protectedHeader.kid };
}

function isExpired(error: unknown): boolean {
  return error instanceof errors.JWTExpired || (error instanceof Hs256TokenError && error.expired);
}

function isOutage(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'unavailable';
}
