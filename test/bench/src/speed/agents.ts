import { signAgentToken } from '@ramal/runtime';
import { type BenchTenant, benchAgentOf } from '../bench-system.ts';

/** One agent of a side's crowd. */
export interface CrowdAgent {
  tenant: string;
  user: string;
  ramal: string;
}

const TENANTS = 4;
const HOUR_SEC = 3600;

/** So many agents, spread over four companies whose names begin with the side's. */
export function toCrowdAgents(side: string, count: number): CrowdAgent[] {
  return Array.from({ length: count }, (_, i) => ({
    tenant: `${side}-${(i % TENANTS) + 1}`,
    ...benchAgentOf(Math.floor(i / TENANTS)),
  }));
}

/** The companies of those agents; nobody dials, so that their CTI may be anywhere. */
export function toCrowdTenants(side: string, count: number, callbackToken?: string): BenchTenant[] {
  return Array.from({ length: TENANTS }, (_, i) => ({
    tenant: `${side}-${i + 1}`,
    port: 9,
    agents: Math.max(1, Math.ceil((count - i) / TENANTS)),
    ...(callbackToken === undefined ? {} : { callbackToken: `${callbackToken}${i + 1}` }),
  }));
}

export function signCrowdTokens(agents: readonly CrowdAgent[], secret: string): Promise<string[]> {
  return Promise.all(agents.map((agent) => signAgentToken({ secret, ...agent, ttlSec: HOUR_SEC })));
}
