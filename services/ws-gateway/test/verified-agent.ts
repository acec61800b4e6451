import type { AgentIdentity } from '@ramal/contracts';
import type { VerifiedAgent } from '@ramal/runtime';

/** An agent whom the deployment's own token let in, just now. */
export function toVerified(identity: AgentIdentity, ttlMs = 60_000): VerifiedAgent {
  const nowMs = Date.now();
  return {
    identity,
    role: 'agent',
    grant: { kind: 'deployment' },
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + ttlMs,
  };
}
