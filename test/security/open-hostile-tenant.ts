import { createHash, randomBytes } from 'node:crypto';
import { type AgentClient, connectAgent } from '@ramal/testkit';
import { sendCallback } from '../harness/send-callback.ts';
import type { SharedStack } from '../harness/shared-stack.ts';
import { HOSTILE_USERS } from './hostile-tenants.ts';

/** An answer of the api. */
export interface ApiAnswer {
  status: number;
  text: string;
}

/** A company with everything it was ever shown. */
export interface HostileTenant {
  readonly tenant: string;
  /** In everything that is its own, and in nothing of anybody else. */
  readonly mark: string;
  readonly agents: readonly AgentClient[];
  /** Calls that it was told of. */
  readonly callIds: Set<string>;
  /** All texts that came by one of its credentials. */
  readonly seen: string[];
  readonly credentials: { apiKey: string; agentToken: string; callbackToken: string };
  /** Asks the api by its key or by its first agent's token, and notes the answer as seen. */
  ask(by: 'key' | 'agent', method: 'GET' | 'POST', path: string, body?: object): Promise<ApiAnswer>;
  callback(kind: string, variables: Record<string, string>): Promise<ApiAnswer>;
  /** One of the manual's files, where the caller names its company (R38). */
  callbackFile(variables: Record<string, string>): Promise<ApiAnswer>;
  /** Frames of its agents so far, and what they were told at login. */
  frames(): string;
  /** The first agent comes back and says where it was. */
  reconnect(resume: { epoch: string; seq: number }): Promise<void>;
  close(): Promise<void>;
}

let lastEmpresaId = 5000;

/** Adds the company's rows; the CTI it has refuses its password, so that dials end at once and ring nowhere. */
export async function openHostileTenant(
  system: SharedStack,
  tenant: string,
  mark: string,
): Promise<HostileTenant> {
  const { dev, history, signToken } = system;
  lastEmpresaId += 1;
  const [callbackToken, apiKey] = [randomBytes(32).toString('hex'), `rk_${randomBytes(32).toString('hex')}`];
  const hash = (text: string) => createHash('sha256').update(text).digest();
  await history.query(
    'insert into wl_chamados_empresa (empresa_id, nome, ativo, vip, tenant) values ($1, $2, 1, 0, $2)',
    [lastEmpresaId, tenant],
  );
  await history.query(
    `insert into empresas (empresa_id, usa_cti, cti_autenticacao, cti_tipo, cti_protocolo, cti_ip, cti_porta, cti_caminho,
       cti_nome_origem, cti_nome_destino)
     values ($1, 1, 1, 10, 'http', '127.0.0.1', $2, 'api/clicktodial', 'origem', 'destino')`,
    [lastEmpresaId, new URL(dev.simulatorUrl).port],
  );
  await history.query(
    `insert into agents (tenant, user_name, ramal, agente, senha, active)
     select $1, name, ramal, 'x', 'x', true from unnest($2::text[], $3::text[]) as t(name, ramal)`,
    [tenant, HOSTILE_USERS, HOSTILE_USERS.map((_, i) => String(3501 + i))],
  );
  await history.query('insert into callback_tokens (token_hash, tenant) values ($1, $2)', [
    hash(callbackToken),
    tenant,
  ]);
  await history.query('insert into api_keys (key_hash, name, tenant) values ($1, $2, $3)', [
    hash(apiKey),
    mark,
    tenant,
  ]);

  const tokens = await Promise.all(HOSTILE_USERS.map((user, i) => signToken(tenant, user, String(3501 + i))));
  const connect = (token: string, resume?: { epoch: string; seq: number }) =>
    connectAgent({ gatewayUrl: dev.gatewayUrl, token, resume, timeoutMs: 30_000 });
  const agents = await Promise.all(tokens.map((token) => connect(token)));
  const seen: string[] = [];
  const callIds = new Set<string>();
  const agentToken = tokens[0] ?? '';
  const note = ({ status, text }: ApiAnswer): ApiAnswer => {
    seen.push(text);
    return { status, text };
  };
  const frames = () => JSON.stringify(agents.map(({ ready, events }) => [ready, events]));
  return {
    tenant,
    mark,
    agents,
    callIds,
    seen,
    credentials: { apiKey, agentToken, callbackToken },
    ask: async (by, method, path, body) =>
      note(
        await sendCallback(`${dev.apiUrl}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${by === 'key' ? apiKey : agentToken}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      ),
    callback: async (kind, variables) =>
      note(
        await sendCallback(
          `${dev.webhookUrl}/v1/cti/${callbackToken}/${kind}?${new URLSearchParams(variables)}`,
        ),
      ),
    callbackFile: async (variables) =>
      note(
        await sendCallback(
          `${dev.webhookUrl}/wconnect/${callbackToken}/WConnect_MonitoraRamal.php?${new URLSearchParams(variables)}`,
        ),
      ),
    frames,
    reconnect: async (resume) => {
      seen.push(frames());
      agents[0]?.cut();
      agents[0] = await connect(agentToken, resume);
    },
    close: async () => {
      await Promise.all(agents.map((agent) => agent.close()));
    },
  };
}
