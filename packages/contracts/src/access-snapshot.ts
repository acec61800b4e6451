/** Whose tokens a tenant's agents bring; a tenant without one brings those that the deployment's own secret signs. */
export type TokenPolicy =
  /** HS256 with the tenant's own keys, chosen by `kid`; several at once while they are rotated. */
  | { kind: 'keys'; issuer: string; audience: string; keys: readonly TokenKey[] }
  /** The tenant's own identity provider, asymmetric algorithms alone. */
  | { kind: 'jwks'; issuer: string; audience: string; url: string };

/** One HS256 key of a tenant; the newest one comes first. */
export interface TokenKey {
  kid: string;
  secret: string;
}

/** Up to when tokens were ended, epoch ms: those issued before are refused. */
export interface Revocations {
  /** Everybody's; 0 for never. */
  everyoneMs: number;
  byTenant: ReadonlyMap<string, number>;
  /** By `toAgentKey`. */
  byAgent: ReadonlyMap<string, number>;
}

/** All that decides whether a token is taken, as of one moment. */
export interface AccessSnapshot {
  /** By tenant. */
  policies: ReadonlyMap<string, TokenPolicy>;
  revocations: Revocations;
}

/** One agent of one tenant, whatever characters the two names hold. */
export function toAgentKey(tenant: string, user: string): string {
  return JSON.stringify([tenant, user]);
}

/**
 * Was this token ended before its time? One that does not say when it was issued counts as older than any
 * revocation.
 */
export function isRevoked(
  { everyoneMs, byTenant, byAgent }: Revocations,
  token: { tenant: string; user: string; issuedAtMs: number | null },
): boolean {
  const { tenant, user, issuedAtMs } = token;
  const beforeMs = Math.max(
    everyoneMs,
    byTenant.get(tenant) ?? 0,
    byAgent.get(toAgentKey(tenant, user)) ?? 0,
  );
  return beforeMs > (issuedAtMs ?? 0);
}
