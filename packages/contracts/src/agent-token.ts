import { z } from 'zod';
import { ramal, tenantId, userId } from './ids.ts';

export const AGENT_TOKEN = { issuer: 'ramal', audience: 'ramal-agent' } as const;

/** The roles a token may carry. */
export const agentRole = z.enum(['agent', 'supervisor']);
export type AgentRole = z.infer<typeof agentRole>;

/** The claims of an agent's JWT that we read; `sub` is the user. */
export const agentClaims = z.object({
  sub: userId,
  tenant: tenantId,
  /** Absent for a user without an extension: sees pop-ups of none, can't dial. */
  ramal: ramal.optional(),
  /** Absent, or a word we don't know: `agent`, which may least. */
  role: agentRole.optional().catch(undefined),
  /** Seconds, perhaps with a fraction. Without it any revocation ends the token. */
  iat: z.number().optional(),
  exp: z.number().int(),
});
export type AgentClaims = z.infer<typeof agentClaims>;

/** Who a token speaks for. */
export interface AgentIdentity {
  tenant: string;
  user: string;
  ramal: string | null;
}
