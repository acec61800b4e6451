import { createHash, randomBytes } from 'node:crypto';
import { createSimulator, type Simulator } from '@ramal/simulator';
import { findFreePort } from '@ramal/testkit';
import type { TestStack } from '../harness/start-test-stack.ts';
import type { Canary } from './canary-spellings.ts';

/** A company whose credentials are canaries, with a CTI that asks for them in one of the four ways (R31). */
export interface CanaryCompany {
  tenant: string;
  ramal: string;
  user: string;
  senha: string;
  token: string;
  callbackToken: string;
  apiKey: string;
  simulator: Simulator;
  canaries: Canary[];
}

/** Characters that every encoding spells in its own way, between enough that is random for each part to be telling. */
const newSecret = (joints: readonly string[]) =>
  [...joints, ''].map((joint) => randomBytes(4).toString('hex') + joint).join('');

/** @param autenticacao 1 to 4; of company 1 the user's own password is empty, and the company's stands in (R42) */
export async function openCanaryCompany(
  { dev, history }: TestStack,
  autenticacao: 1 | 2 | 3 | 4,
): Promise<CanaryCompany> {
  const tenant = `canary-${autenticacao}`;
  const empresaId = 900 + autenticacao;
  const port = await findFreePort();
  const [senha, token, chave] = [
    newSecret(['é', '&', '%']),
    newSecret(['+', '/', '=']),
    newSecret(['%', '&', '+']),
  ];
  const [callbackToken, apiKey] = [randomBytes(32).toString('hex'), `rk_${randomBytes(32).toString('hex')}`];
  const standsIn = autenticacao === 1;
  const [user, ramal] = ['ana', '3501'];
  await history.query(
    `insert into wl_chamados_empresa (empresa_id, nome, ativo, vip, tenant, senha_padrao) values ($1, $2, 1, 0, $2, $3)`,
    [empresaId, tenant, standsIn ? senha : null],
  );
  await history.query(
    `insert into empresas (empresa_id, usa_cti, cti_autenticacao, cti_tipo, cti_protocolo, cti_ip, cti_porta, cti_caminho,
       cti_usa_zero_ddd, cti_nome_origem, cti_nome_destino)
     values ($1, 1, $2, 10, 'http', '127.0.0.1', $3, $4, 1, 'origem', 'destino')`,
    [empresaId, autenticacao, String(port), `api/clicktodial?chave=${encodeURIComponent(chave)}`],
  );
  await history.query(
    `insert into agents (tenant, user_name, ramal, agente, senha, token, active) values ($1, $2, $3, 'agente-1', $4, $5, true)`,
    [tenant, user, ramal, standsIn ? '' : senha, token],
  );
  const hash = (text: string) => createHash('sha256').update(text).digest();
  await history.query('insert into callback_tokens (token_hash, tenant) values ($1, $2)', [
    hash(callbackToken),
    tenant,
  ]);
  await history.query(`insert into api_keys (key_hash, name, tenant) values ($1, 'canary', $2)`, [
    hash(apiKey),
    tenant,
  ]);
  const simulator = createSimulator({
    port,
    accounts: [
      {
        name: tenant,
        auth: autenticacao,
        users: [{ ramal, agente: 'agente-1', senha, token }],
        callback: { token: callbackToken, sendId: false },
      },
    ],
    webhookUrl: dev.webhookUrl,
    behaviour: { ringMs: 30, talkMs: 60 },
  });
  await simulator.start();
  const secrets = { senha, token, chave, callbackToken, apiKey };
  const canaries = Object.entries(secrets).map(
    ([name, text]): Canary => ({ name: `${name} of ${tenant}`, kind: 'secret', text }),
  );
  return { tenant, ramal, user, senha, token, callbackToken, apiKey, simulator, canaries };
}
