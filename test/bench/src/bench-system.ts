import { createHash } from 'node:crypto';
import { type Releases, type RunEnvironment, startOwnSystem } from '@ramal/devstack';
import type pg from 'pg';

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
  /** The gateway's process, which changes when it has to be started again. */
  gatewayPid(): number | undefined;
  readonly redisUrl: string;
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
  { webhook = false, gatewayEnv = {} }: { webhook?: boolean; gatewayEnv?: Record<string, string> } = {},
): Promise<BenchSystem> {
  const { stack, pool, redisUrl, secret } = await startOwnSystem(
    {
      ...environment,
      name: 'bench',
      only: ['history', 'dialer', 'ws-gateway', ...(webhook ? (['webhook'] as const) : [])],
      env: { 'ws-gateway': gatewayEnv },
    },
    releases,
  );
  await seedTenants(pool, tenants);
  return {
    gatewayUrl: stack.dev.gatewayUrl,
    webhookUrl: stack.dev.webhookUrl,
    gatewayPid: () => stack.dev.services['ws-gateway']?.pid,
    redisUrl,
    secret,
  };
}

/** The companies' rows, which no service has read yet: they count at once. */
async function seedTenants(pool: pg.Pool, tenants: readonly BenchTenant[]): Promise<void> {
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
    [JSON.stringify(rows), SETTINGS],
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
  for (const { tenant, callbackToken } of tenants) {
    if (callbackToken === undefined) continue;
    const hash = createHash('sha256').update(callbackToken).digest();
    await pool.query('insert into callback_tokens (token_hash, tenant) values ($1, $2)', [hash, tenant]);
  }
}
