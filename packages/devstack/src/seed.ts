import { createHash } from 'node:crypto';
import pg from 'pg';
import { AGENTS, agenteOf, TENANTS } from './demo-tenants.ts';
import type { StackSecrets } from './stack-secrets.ts';

/** A port as the manual prints it: with a dot before the last three digits (R6). */
export function toManualPort(port: number): string {
  return String(port).replace(/(\d)(\d{3})$/, '$1.$2');
}

/**
 * Fills an empty database with the two demo tenants. Rows that exist keep what a user made of them; only
 * the simulator's address follows the simulator.
 */
export async function seedDatabase(
  databaseUrl: string,
  secrets: StackSecrets,
  simulatorPort: number,
): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query('begin');
    await seedTenants(client, secrets);
    await seedConfiguration(client, toManualPort(simulatorPort));
    await seedKeys(client, secrets);
    await client.query('commit');
  } finally {
    await client.end();
  }
}

async function seedTenants(client: pg.Client, secrets: StackSecrets): Promise<void> {
  for (const { tenant, empresaId, nome, vip } of TENANTS) {
    await client.query(
      `insert into wl_chamados_empresa (empresa_id, nome, ativo, vip, tenant)
       values ($1, $2, 1, $3, $4) on conflict do nothing`,
      [empresaId, nome, vip, tenant],
    );
  }
  for (const { tenant, user, displayName, ramal } of AGENTS) {
    const { senha, token } = secrets.agents[user] ?? { senha: '', token: '' };
    await client.query(
      `insert into agents (tenant, user_name, display_name, ramal, agente, senha, token, active)
       values ($1, $2, $3, $4, $5, $6, $7, true) on conflict do nothing`,
      [tenant, user, displayName, ramal, agenteOf(user), senha, token],
    );
  }
}

/** Tenant demo is configured as in the manual's example (R14), acme by the newer table (R15-R28). */
async function seedConfiguration(client: pg.Client, porta: string): Promise<void> {
  await client.query(
    `insert into empresas (empresa_id, usa_cti, cti_autenticacao, cti_tipo, cti_protocolo, cti_ip, cti_porta,
       cti_caminho, cti_usa_linha, cti_numero_linha, cti_usa_zero_ddd, cti_nome_origem, cti_nome_destino)
     values (1, 1, 1, 10, 'http', '127.0.0.1', $1, 'api/clicktodial', 0, '0', 0, 'origem', 'destino')
     on conflict (empresa_id) do update
       set cti_ip = excluded.cti_ip, cti_porta = excluded.cti_porta
       where empresas.cti_ip = '127.0.0.1'`,
    [porta],
  );
  await client.query(
    `insert into configuracao_cti (empresa_id, autenticacao, tipo, protocolo, ip, porta, caminho, usa_linha,
       numero_linha, metodo_chamada, nome_variavel_origem_sainte, nome_variavel_destino_sainte,
       nome_variavel_origem, nome_variavel_destino, nome_variavel_audio)
     values (2, 3, 10, 'http', '127.0.0.1', $1, 'api/acme/originate', 1,
       '0', 'POST', 'ramal', 'numero', 'de', 'para', 'gravacao')
     on conflict (empresa_id) do update
       set ip = excluded.ip, porta = excluded.porta
       where configuracao_cti.ip = '127.0.0.1'`,
    [porta],
  );
}

async function seedKeys(client: pg.Client, secrets: StackSecrets): Promise<void> {
  await client.query(
    `insert into api_keys (key_hash, name, tenant) values ($1, 'development', null) on conflict do nothing`,
    [sha256(secrets.apiKey)],
  );
  for (const [tenant, token] of Object.entries(secrets.callbackTokens)) {
    await client.query(
      'insert into callback_tokens (token_hash, tenant) values ($1, $2) on conflict do nothing',
      [sha256(token), tenant],
    );
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
