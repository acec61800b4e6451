import { createHash } from 'node:crypto';
import { type Releases, type RunEnvironment, startOwnSystem } from '@ramal/devstack';
import type pg from 'pg';

/** The services that benches measure. */
export type BenchService = 'history' | 'dialer' | 'ws-gateway' | 'webhook' | 'api';

/** A company with its agents, and where its CTI listens. */
export interface BenchTenant {
  readonly tenant: string;
  readonly port: number;
  /** Default 1. */
  readonly agents?: number;
  /** What its CTI calls back with; default: it does not. */
  readonly callbackToken?: string;
}

export interface BenchSystem {
  readonly gatewayUrl: string;
  /** Of no use when the webhook was not asked for. */
  readonly webhookUrl: string;
  /** Of no use when the api was not asked for; the key is one of all companies. */
  readonly api: { url: string; key: string };
  /** The gateway's process, which changes when it has to be started again. */
  gatewayPid(): number | undefined;
  /** A service's process. @throws Error when it was not asked for */
  pidOf(service: BenchService): number;
  /** Stops a service in order and starts it anew. */
  restart(service: BenchService): Promise<void>;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  /** Signs agents' tokens. */
  readonly secret: string;
}

/** The agent of a company that has one. */
export const AGENT = { user: 'agent', ramal: '3501' };

/** A company's agents, from 0. */
export function benchAgentOf(index: number): { user: string; ramal: string } {
  return index === 0 ? AGENT : { user: `agent-${index}`, ramal: String(3501 + index) };
}
/** The pace is what is measured: no limit of ours may end it. */
const SETTINGS = { dialLimits: { agentPerMinute: 100_000, agentPerHour: 1_000_000 } };

/** Starts servers and services of the run's own, with its companies in them. */
export async function startBenchSystem(
  tenants: readonly BenchTenant[],
  environment: RunEnvironment,
  releases: Releases,
  options: {
    /** Default: all that a dial needs. */
    services?: readonly BenchService[];
    gatewayEnv?: Record<string, string>;
    /** Of each company, beside the limits that are lifted. */
    settings?: object;
    /** Of every service's process. */
    nodeOptions?: readonly string[];
  } = {},
): Promise<BenchSystem> {
  const {
    services = ['history', 'dialer', 'ws-gateway'],
    gatewayEnv = {},
    settings = {},
    nodeOptions,
  } = options;
  const { stack, pool, redisUrl, databaseUrl, secret } = await startOwnSystem(
    {
      ...environment,
      name: 'bench',
      only: services,
      env: {
        'ws-gateway': gatewayEnv,
        ...(nodeOptions === undefined ? {} : { '*': { NODE_OPTIONS: nodeOptions.join(' ') } }),
      },
    },
    releases,
  );
  await seedTenants(pool, tenants, { ...SETTINGS, ...settings });
  return {
    gatewayUrl: stack.dev.gatewayUrl,
    webhookUrl: stack.dev.webhookUrl,
    api: { url: stack.dev.apiUrl, key: stack.dev.apiKey },
    gatewayPid: () => stack.dev.services['ws-gateway']?.pid,
    pidOf(service) {
      const pid = stack.dev.services[service]?.pid;
      if (pid === undefined) throw new Error(`${service} does not run`);
      return pid;
    },
    async restart(service) {
      await stack.stopService(service);
      await stack.startService(service);
    },
    redisUrl,
    databaseUrl,
    secret,
  };
}

/** The companies' rows, which no service has read yet: they count at once. */
async function seedTenants(pool: pg.Pool, tenants: readonly BenchTenant[], settings: object): Promise<void> {
  const rows = tenants.map(({ tenant, port }, i) => ({ id: 1000 + i, tenant, port: String(port) }));
  await pool.query(
    `insert into wl_chamados_empresa (empresa_id, nome, ativo, vip, tenant)
     select id, tenant, 1, 0, tenant from jsonb_to_recordset($1) as t(id int, tenant text)`,
    [JSON.stringify(rows)],
  );
  await pool.query(
    `insert into empresas (empresa_id, usa_cti, cti_autenticacao, cti_tipo, cti_protocolo, cti_ip, cti_porta,
       cti_caminho, cti_nome_origem, cti_nome_destino)
     select id, 1, 1, 10, 'http', '127.0.0.1', port, 'api/clicktodial', 'origem', 'destino'
     from jsonb_to_recordset($1) as t(id int, port text)`,
    [JSON.stringify(rows)],
  );
  await pool.query(
    `insert into cti_settings (empresa_id, settings)
     select id, $2 from jsonb_to_recordset($1) as t(id int)`,
    [JSON.stringify(rows), settings],
  );
  const agents = tenants.flatMap(({ tenant, agents: count = 1 }) =>
    Array.from({ length: count }, (_, index) => ({ tenant, ...benchAgentOf(index) })),
  );
  await pool.query(
    `insert into agents (tenant, user_name, ramal, agente, senha, active)
     select tenant, "user", ramal, 'agent', 'bench', true
     from jsonb_to_recordset($1) as t(tenant text, "user" text, ramal text)`,
    [JSON.stringify(agents)],
  );
  const tokens = tenants.flatMap(({ tenant, callbackToken }) =>
    callbackToken === undefined
      ? []
      : [{ tenant, hash: createHash('sha256').update(callbackToken).digest('hex') }],
  );
  await pool.query(
    `insert into callback_tokens (token_hash, tenant)
     select decode(hash, 'hex'), tenant from jsonb_to_recordset($1) as t(tenant text, hash text)`,
    [JSON.stringify(tokens)],
  );
}
