import { createHash, randomBytes } from 'node:crypto';
import { createSimulator, type OriginateRecord, type Simulator } from '@ramal/simulator';
import { type AgentClient, connectAgent, findFreePort } from '@ramal/testkit';
import type { TestStack } from './start-test-stack.ts';

/** A company of a test's own, with one agent (`rita`, extension 3501) and a CTI that nobody else uses. */
export interface TestTenant {
  readonly tenant: string;
  readonly simulator: Simulator;
  /** Opens the CTI's port, which refuses connections until then. */
  openCti(): Promise<void>;
  connect(): Promise<AgentClient>;
  originates(destination?: string): OriginateRecord[];
  close(): Promise<void>;
}

const USER = 'rita';
const RAMAL = '3501';
let lastEmpresaId = 100;

/** Adds the company's rows; its CTI is at `ctiPort`, or on a free port and closed. */
export async function openTenant(
  { history, dev, signToken }: TestStack,
  tenant: string,
  ctiPort?: number,
): Promise<TestTenant> {
  lastEmpresaId += 1;
  const empresaId = lastEmpresaId;
  const port = ctiPort ?? (await findFreePort());
  const [senha, callbackToken] = [randomBytes(16).toString('hex'), randomBytes(32).toString('hex')];
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
  await history.query(
    `insert into agents (tenant, user_name, ramal, agente, senha, active) values ($1, $2, $3, $2, $4, true)`,
    [tenant, USER, RAMAL, senha],
  );
  await history.query('insert into callback_tokens (token_hash, tenant) values ($1, $2)', [
    createHash('sha256').update(callbackToken).digest(),
    tenant,
  ]);
  const simulator = createSimulator({
    port,
    accounts: [
      {
        name: tenant,
        auth: 1,
        users: [{ ramal: RAMAL, agente: USER, senha }],
        callback: { token: callbackToken },
      },
    ],
    webhookUrl: dev.webhookUrl,
    behaviour: { ringMs: 60, talkMs: 120 },
  });
  const agents: AgentClient[] = [];
  return {
    tenant,
    simulator,
    openCti: async () => {
      await simulator.start();
    },
    connect: async () => {
      const token = await signToken(tenant, USER, RAMAL);
      const agent = await connectAgent({ gatewayUrl: dev.gatewayUrl, token });
      agents.push(agent);
      return agent;
    },
    originates: (destination) =>
      simulator.originates().filter((one) => destination === undefined || one.destination === destination),
    close: async () => {
      await Promise.all(agents.map((agent) => agent.close()));
      await simulator.stop();
    },
  };
}
