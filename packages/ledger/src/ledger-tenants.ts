import { createHash, randomBytes } from 'node:crypto';
import type { SimulatorAccount } from '@ramal/simulator';
import type { ClientBase } from 'pg';

/** Someone with an extension. */
export interface LedgerAgent {
  tenant: string;
  user: string;
  ramal: string;
}

/** A company of a run. All have the same extensions, users and far ends: only the tenant tells them apart (I6). */
export interface LedgerTenant {
  tenant: string;
  /** Whether its CTI tells its own call ids; one that does not is known by its two numbers (R46). */
  sendsIds: boolean;
  callbackToken: string;
  /** Its CTI tells nothing; default: it does. */
  silent?: boolean;
  agents: readonly LedgerAgent[];
  /** The company's optional settings, beside limits that a run never reaches. */
  settings?: Record<string, unknown>;
}

const AGENTS_PER_CALL = 0.04;

/**
 * Four companies, two of each kind, with agents enough for the calls.
 * @param suffix of their names, where several rounds share a system
 */
export function toLedgerTenants(calls: number, suffix = ''): LedgerTenant[] {
  const agentCount = Math.min(40, Math.max(5, Math.round((calls * AGENTS_PER_CALL) / 4)));
  return ['numbers-a', 'numbers-b', 'ids-a', 'ids-b']
    .map((name) => `${name}${suffix}`)
    .map((tenant) => ({
      tenant,
      sendsIds: tenant.startsWith('ids'),
      callbackToken: randomBytes(32).toString('hex'),
      agents: Array.from({ length: agentCount }, (_, i) => ({
        tenant,
        user: `agent-${i + 1}`,
        ramal: String(3501 + i),
      })),
    }));
}

/** A run's agents click as no person could. */
const FASTER_THAN_PEOPLE = {
  agentPerMinute: 1_000_000,
  agentPerHour: 1_000_000,
  tenantPerMinute: 1_000_000,
  tenantPerHour: 1_000_000,
  destinationPerMinute: 1_000_000,
  destinationPerHour: 1_000_000,
};

/** The password of every agent at the simulated CTI. */
const SENHA = 'ledger';
const toPath = (tenant: string) => `/api/${tenant}/clicktodial`;

/** The companies' rows, which no service has read yet: they count at once. */
export async function seedLedgerTenants(
  client: ClientBase,
  tenants: readonly LedgerTenant[],
  simulatorUrl: string,
  firstEmpresaId = 1000,
): Promise<void> {
  const { port } = new URL(simulatorUrl);
  for (const [i, { tenant, callbackToken, agents, settings }] of tenants.entries()) {
    const empresaId = firstEmpresaId + i;
    await client.query(
      'insert into wl_chamados_empresa (empresa_id, nome, ativo, vip, tenant) values ($1, $2, 1, $3, $2)',
      [empresaId, tenant, i % 2],
    );
    await client.query(
      `insert into empresas (empresa_id, usa_cti, cti_autenticacao, cti_tipo, cti_protocolo, cti_ip, cti_porta,
         cti_caminho, cti_nome_origem, cti_nome_destino)
       values ($1, 1, 1, 10, 'http', '127.0.0.1', $2, $3, 'origem', 'destino')`,
      [empresaId, port, toPath(tenant).slice(1)],
    );
    await client.query('insert into cti_settings (empresa_id, settings) values ($1, $2)', [
      empresaId,
      { dialLimits: FASTER_THAN_PEOPLE, ...settings },
    ]);
    await client.query(
      `insert into agents (tenant, user_name, ramal, agente, senha, active)
       select $1, user_name, ramal, user_name, $4, true from unnest($2::text[], $3::text[]) as t(user_name, ramal)`,
      [tenant, agents.map(({ user }) => user), agents.map(({ ramal }) => ramal), SENHA],
    );
    await client.query('insert into callback_tokens (token_hash, tenant) values ($1, $2)', [
      createHash('sha256').update(callbackToken).digest(),
      tenant,
    ]);
  }
}

/** The simulated CTI's side of the companies: it must agree with their rows. */
export function toLedgerAccounts(tenants: readonly LedgerTenant[]): SimulatorAccount[] {
  return tenants.map(({ tenant, sendsIds, callbackToken, silent = false, agents }) => ({
    name: tenant,
    path: toPath(tenant),
    auth: 1,
    users: agents.map(({ user, ramal }) => ({ ramal, agente: user, senha: SENHA })),
    ...(silent ? {} : { callback: toCallback(callbackToken, sendsIds) }),
  }));
}

function toCallback(token: string, sendsIds: boolean): SimulatorAccount['callback'] {
  return sendsIds ? { token, sendId: true, method: 'POST', bodyKind: 'json' } : { token, sendId: false };
}
