import { join } from 'node:path';
import type { RoleService } from '@ramal/contracts';
import { LOOPBACK } from '@ramal/outbound';
import { toEntry } from './process-entry.ts';
import type { ServiceName } from './service-names.ts';
import { toSimulatorAccounts } from './simulator-accounts.ts';
import type { StackPorts } from './stack-ports.ts';
import type { StackSecrets } from './stack-secrets.ts';

/** How to start one process of the stack and where it says that it is ready. */
export interface ProcessSpec {
  name: string;
  /** Absolute path of the program, run by this Node. */
  entry: string;
  /** Added to the environment of this process. */
  env: Record<string, string>;
  /** Answers 200 once the process can serve. */
  readyUrl: string;
  /** Base address of health and metrics. */
  opsUrl: string;
}

/** Where a service finds Redis and PostgreSQL, as whom. */
export interface ServerUrls {
  redisUrl: string;
  databaseUrl: string;
}

export interface StackAddresses {
  urlsOf(service: RoleService): ServerUrls;
  ports: StackPorts;
  webhookJournalDir: string;
}

const HOST = '127.0.0.1';
export const toHttpUrl = (port: number) => `http://${HOST}:${port}`;
export const toWsUrl = (port: number) => `ws://${HOST}:${port}`;

/** The environment each service parses at its start. */
export function toProcessSpecs(
  { urlsOf, ports, webhookJournalDir }: StackAddresses,
  secrets: StackSecrets,
): Record<ServiceName, ProcessSpec> {
  const service = (name: RoleService, opsPort: number, env: Record<string, string> = {}): ProcessSpec => ({
    name,
    entry: toEntry(join('services', name)),
    env: {
      REDIS_URL: urlsOf(name).redisUrl,
      DATABASE_URL: urlsOf(name).databaseUrl,
      RAMAL_MASTER_KEY: secrets.masterKey,
      // The simulator, and whatever CTI a developer runs on this machine; nowhere but here is that allowed by itself.
      OUTBOUND_ALLOW: [LOOPBACK, process.env['OUTBOUND_ALLOW'] ?? ''].join(','),
      OPS_HOST: HOST,
      OPS_PORT: String(opsPort),
      ...env,
    },
    readyUrl: `${toHttpUrl(opsPort)}/readyz`,
    opsUrl: toHttpUrl(opsPort),
  });
  const simulatorUrl = toHttpUrl(ports.simulator);
  return {
    simulator: {
      name: 'simulator',
      entry: toEntry(join('packages', 'simulator')),
      env: {
        SIM_HOST: HOST,
        SIM_PORT: String(ports.simulator),
        SIM_WEBHOOK_URL: toHttpUrl(ports.webhook),
        // Long enough for a person to see each pop-up.
        SIM_RING_MS: '1500',
        SIM_TALK_MS: '4000',
        SIM_ACCOUNTS: JSON.stringify(toSimulatorAccounts(secrets)),
      },
      readyUrl: `${simulatorUrl}/healthz`,
      opsUrl: simulatorUrl,
    },
    history: service('history', ports.opsHistory),
    dialer: service('dialer', ports.opsDialer),
    webhook: service('webhook', ports.opsWebhook, {
      WEBHOOK_HOST: HOST,
      WEBHOOK_PORT: String(ports.webhook),
      WEBHOOK_JOURNAL_DIR: webhookJournalDir,
    }),
    'ws-gateway': service('ws-gateway', ports.opsGateway, {
      GATEWAY_HOST: HOST,
      GATEWAY_PORT: String(ports.gateway),
      AGENT_TOKEN_SECRET: secrets.agentTokenSecret,
    }),
    api: service('api', ports.opsApi, {
      API_HOST: HOST,
      API_PORT: String(ports.api),
      AGENT_TOKEN_SECRET: secrets.agentTokenSecret,
      API_PUBLIC_GATEWAY_URL: toWsUrl(ports.gateway),
      API_DEMO: 'true',
      API_DEMO_SIMULATOR_URL: simulatorUrl,
      API_EXPOSE_OPS: 'true',
    }),
  };
}
