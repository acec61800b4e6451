import { signAgentToken } from '@ramal/runtime';
import { AGENTS, TENANTS } from './demo-tenants.ts';
import { readJsonFile } from './json-file.ts';
import type { StackSecrets } from './stack-secrets.ts';

/** How long the agents' tokens in it live, in seconds. */
const AGENT_TOKEN_TTL_SEC = 12 * 3600;

/** What a running stack tells others on this machine, in `.ramal/dev.json`. */
export interface DevFile {
  /** For agents' WebSockets, without the path. */
  gatewayUrl: string;
  webhookUrl: string;
  apiUrl: string;
  /** Of every process of the service, the first one's in front. */
  gatewayUrls: string[];
  webhookUrls: string[];
  apiUrls: string[];
  databaseUrl: string;
  redisUrl: string;
  simulatorUrl: string;
  /** Of the api, for every tenant. */
  apiKey: string;
  tenants: DevTenant[];
  /** By process: `webhook`, and where more than one runs `webhook-2`, `webhook-3`, … */
  services: Record<string, { pid: number; opsUrl: string }>;
}

export interface DevTenant {
  tenant: string;
  callbackToken: string;
  agents: { user: string; ramal: string; token: string }[];
}

/** The demo tenants with fresh agent tokens. */
export function signDevTenants(secrets: StackSecrets): Promise<DevTenant[]> {
  const agentsOf = (wanted: string) =>
    Promise.all(
      AGENTS.filter(({ tenant }) => tenant === wanted).map(async ({ tenant, user, ramal }) => ({
        user,
        ramal,
        token: await signAgentToken({
          secret: secrets.agentTokenSecret,
          tenant,
          user,
          ramal,
          ttlSec: AGENT_TOKEN_TTL_SEC,
        }),
      })),
    );
  return Promise.all(
    TENANTS.map(async ({ tenant }) => ({
      tenant,
      callbackToken: secrets.callbackTokens[tenant] ?? '',
      agents: await agentsOf(tenant),
    })),
  );
}

/** The file of a running stack, or undefined when none runs. */
export async function readDevFile(file: string): Promise<DevFile | undefined> {
  return (await readJsonFile(file)) as DevFile | undefined;
}
