import { createHash, randomBytes } from 'node:crypto';
import type { CtiSettings } from '@ramal/cti';
import { createSimulator, type OriginateRecord, type Simulator } from '@ramal/simulator';
import { type AgentClient, connectAgent, findFreePort } from '@ramal/testkit';
import type { SharedStack } from './shared-stack.ts';

/** A company of a test's own, with a CTI that nobody else uses; as in the manual, its callbacks have no id. */
export interface TestTenant {
  readonly tenant: string;
  readonly callbackToken: string;
  /** The first has extension 3501, the next one 3502, and so on. */
  readonly agents: readonly { user: string; ramal: string }[];
  readonly simulator: Simulator;
  /** Opens the CTI's port, which refuses connections until then. */
  openCti(): Promise<void>;
  /** Connects an agent; without a name the first one. */
  connect(user?: string, resume?: { epoch: string; seq: number }): Promise<AgentClient>;
  originates(destination?: string): OriginateRecord[];
  close(): Promise<void>;
}

export interface TestTenantOptions {
  /** Where the CTI is; default: on a free port, and closed. */
  ctiPort?: number;
  /** How many agents there are; default 1. */
  agentCount?: number;
  /** The row of `cti_settings`; default: none. */
  settings?: CtiSettings;
}

let lastEmpresaId = 100;

/** Adds the company's rows, which no service has read yet: they count at once. */
export async function openTenant(
  system: SharedStack,
  tenant: string,
  options: TestTenantOptions = {},
): Promise<TestTenant> {
  const { dev, history, signToken } = system;
  lastEmpresaId += 1;
  const empresaId = lastEmpresaId;
  const port = options.ctiPort ?? (await findFreePort());
  const [senha, callbackToken] = [randomBytes(16).toString('hex'), randomBytes(32).toString('hex')];
  const agents = Array.from({ length: options.agentCount ?? 1 }, (_, i) => ({
    user: `agent-${i + 1}`,
    ramal: String(3501 + i),
  }));
  await history.query(
    'insert into wl_chamados_empresa (empresa_id, nome, ativo, vip, tenant) values ($1, $2, 1, 0, $2)',
    [empresaId, tenant],
  );
  await history.query(
    `insert into empresas (empresa_id, usa_cti, cti_autenticacao, cti_tipo, cti_protocolo, cti_ip, cti_porta,
       cti_caminho, cti_nome_origem, cti_nome_destino)
     values ($1, 1, 1, 10, 'http', '127.0.0.1', $2, 'api/clicktodial', 'origem', 'destino')`,
    [empresaId, String(port)],
  );
  if (options.settings !== undefined) {
    await history.query('insert into cti_settings (empresa_id, settings) values ($1, $2)', [
      empresaId,
      JSON.stringify(options.settings),
    ]);
  }
  await history.query(
    `insert into agents (tenant, user_name, ramal, agente, senha, active)
     select $1, user_name, ramal, user_name, $4, true from unnest($2::text[], $3::text[]) as t(user_name, ramal)`,
    [tenant, agents.map(({ user }) => user), agents.map(({ ramal }) => ramal), senha],
  );
  await history.query('insert into callback_tokens (token_hash, tenant) values ($1, $2)', [
    createHash('sha256').update(callbackToken).digest(),
    tenant,
  ]);
  const users = agents.map(({ user, ramal }) => ({ ramal, agente: user, senha }));
  const simulator = createSimulator({
    port,
    accounts: [{ name: tenant, auth: 1, users, callback: { token: callbackToken, sendId: false } }],
    webhookUrl: dev.webhookUrl,
    behaviour: { ringMs: 60, talkMs: 120 },
  });
  const connected: AgentClient[] = [];
  return {
    tenant,
    callbackToken,
    agents,
    simulator,
    openCti: async () => {
      await simulator.start();
    },
    connect: async (user = 'agent-1', resume) => {
      const ramal = agents.find((one) => one.user === user)?.ramal ?? null;
      const token = await signToken(tenant, user, ramal);
      const agent = await connectAgent({ gatewayUrl: dev.gatewayUrl, token, resume });
      connected.push(agent);
      return agent;
    },
    originates: (destination) =>
      simulator.originates().filter((one) => destination === undefined || one.destination === destination),
    close: async () => {
      await Promise.all(connected.map((agent) => agent.close()));
      await simulator.stop();
    },
  };
}
