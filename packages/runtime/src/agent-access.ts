import { type AccessSnapshot, isRevoked, type TokenPolicy } from '@ramal/contracts';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import {
  AgentTokenInvalidError,
  type TokenRule,
  type TokenSigner,
  toSecretRule,
  type VerifiedAgent,
  verifyAgentToken,
  verifyClaims,
} from './agent-token.ts';
import type { ProviderKeys } from './provider-keys.ts';
import { WireError } from './wire-error.ts';

/** Who may come in, and who may stay (threat 7). */
export interface AgentAccess {
  /**
   * @throws AgentTokenInvalidError, or WireError `unavailable` while a part that would know does not answer
   */
  verify(token: string): Promise<VerifiedAgent>;
  /** False once what let the agent in was revoked, or is not taken from this tenant any more. Asks nobody. */
  stands(agent: VerifiedAgent): boolean;
  /** @throws AgentTokenInvalidError as soon as it does not stand any more */
  requireStanding(agent: VerifiedAgent): void;
  /**
   * What a new token for an agent of the tenant is signed with.
   * @throws WireError `forbidden` where only the tenant's identity provider makes tokens, or `unavailable`
   */
  signerOf(tenant: string): Promise<TokenSigner>;
}

export interface AgentAccessOptions {
  /** Signs the tokens of tenants that have no rule of their own (HS256). */
  secret: string;
  /** What is known of rules and revocations; null while nothing was ever read. */
  current(): Promise<AccessSnapshot | null>;
  /** The same, of what is known by now. */
  known(): AccessSnapshot | null;
  providers: ProviderKeys;
  /** The extension of an active user, from memory; undefined for nobody. Asked for tokens that the tenant makes itself. */
  ramalOf(tenant: string, user: string): Promise<string | null | undefined>;
}

/** What an identity provider may sign with: one family, whose keys are public. */
const PROVIDER_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

export function createAgentAccess(options: AgentAccessOptions): AgentAccess {
  const { secret, current, known, providers, ramalOf } = options;

  const stands = ({ identity, grant, issuedAtMs }: VerifiedAgent): boolean => {
    const snapshot = known();
    if (snapshot === null) return true;
    const { tenant, user } = identity;
    if (isRevoked(snapshot.revocations, { tenant, user, issuedAtMs })) return false;
    const policy = snapshot.policies.get(tenant);
    switch (grant.kind) {
      case 'deployment':
        return policy === undefined;
      case 'keys':
        return policy?.kind === 'keys' && policy.keys.some(({ kid }) => kid === grant.kid);
      case 'jwks':
        return policy?.kind === 'jwks' && policy.issuer === grant.issuer;
      case 'password':
        // Nobody gets around a tenant's identity provider.
        return policy?.kind !== 'jwks';
    }
  };

  const requireStanding = (agent: VerifiedAgent): void => {
    if (!stands(agent)) throw new AgentTokenInvalidError('access was revoked; ask for a new token', false);
  };

  /** The claims and the key of a token that the tenant or its provider made. */
  const verifyOwn = async (token: string, policy: TokenPolicy): Promise<VerifiedAgent> => {
    const claims = await verifyClaims(token, toRule(token, policy, providers));
    const { identity, role, kid, issuedAtMs, expiresAtMs } = claims;
    const { tenant, user } = identity;
    // The directory knows extensions, and who works here; a token of somebody else's making may only name a user.
    const ramal = await ramalOf(tenant, user);
    if (ramal === undefined)
      throw new AgentTokenInvalidError('the token’s user is not registered here', false);
    const grant =
      policy.kind === 'jwks'
        ? ({ kind: 'jwks', issuer: policy.issuer } as const)
        : ({ kind: 'keys', kid: kid ?? '' } as const);
    return { identity: { tenant, user, ramal }, role, grant, issuedAtMs, expiresAtMs };
  };

  return {
    async verify(token) {
      const snapshot = await current();
      // Read before anything is checked, to choose the keys: what they verify says the same tenant or nothing.
      const claimed = peekTenant(token);
      const policy = claimed === null ? undefined : snapshot?.policies.get(claimed);
      const agent = await (policy === undefined ? verifyAgentToken(token, secret) : verifyOwn(token, policy));
      if (agent.identity.tenant !== claimed) {
        throw new AgentTokenInvalidError('the token names two tenants', false);
      }
      requireStanding(agent);
      return agent;
    },
    stands,
    requireStanding,
    async signerOf(tenant) {
      const policy = (await current())?.policies.get(tenant);
      if (policy === undefined) return { secret };
      if (policy.kind === 'jwks') {
        throw new WireError('forbidden', 'the tokens of this company come from its own identity provider');
      }
      const [newest] = policy.keys;
      if (newest === undefined)
        throw new WireError('unavailable', 'the keys of this company can’t be opened');
      const { issuer, audience } = policy;
      return { ...newest, issuer, audience };
    },
  };
}

/** How tokens of a tenant with a policy of its own are checked: by one family of algorithms, never by another. */
function toRule(token: string, policy: TokenPolicy, providers: ProviderKeys): TokenRule {
  const { issuer, audience } = policy;
  const required = ['iat'];
  if (policy.kind === 'jwks') {
    return { key: providers.of(policy.url), algorithms: PROVIDER_ALGORITHMS, issuer, audience, required };
  }
  const kid = peekKid(token);
  const key = policy.keys.find((one) => one.kid === kid);
  if (key === undefined) throw new AgentTokenInvalidError('the token’s key (kid) is not known', false);
  return { ...toSecretRule(key.secret, { issuer, audience }), required };
}

/** What a token claims, which nobody has checked yet. */
function peekTenant(token: string): string | null {
  const claims = peek(() => decodeJwt(token));
  return typeof claims?.['tenant'] === 'string' ? claims['tenant'] : null;
}

function peekKid(token: string): string | undefined {
  return peek(() => decodeProtectedHeader(token))?.kid;
}

function peek<Part>(decode: () => Part): Part | null {
  try {
    return decode();
  } catch {
    // No token at all: its check says so.
    return null;
  }
}
