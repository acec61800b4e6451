import { createMasterKeys, createTenantSecrets, hashSecret, insertCallbackToken } from '@ramal/store';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CliDatabase, MANUAL_ROW, openCliDatabase } from '../../test/open-cli-database.ts';

let db: CliDatabase;
beforeEach(async () => {
  db = await openCliDatabase();
});
afterEach(() => db.drop());

interface CheckJson {
  ok: boolean;
  language: string;
  findings: {
    severity: string;
    code: string;
    message: string;
    field?: string;
    column?: string;
    user?: string;
  }[];
  example: { user: string; method: string; url: string; headers: Record<string, string> } | null;
}

async function check(tenant: string, ...flags: string[]): Promise<CheckJson & { code: number }> {
  const { code, stdout } = await db.ramal(['config', 'check', '--json', ...flags, '--', tenant]);
  return { code, ...(JSON.parse(stdout) as CheckJson) };
}

const codesOf = ({ findings }: CheckJson, severity: string) =>
  findings.filter((finding) => finding.severity === severity).map(({ code }) => code);

/** The manual's example with one user, in order. */
async function seedSoundTenant(tenant = 'demo'): Promise<void> {
  await db.insert('wl_chamados_empresa', { empresa_id: 1, tenant, ativo: 1 });
  await db.insert('empresas', MANUAL_ROW);
  await db.insert('agents', {
    tenant,
    user_name: 'ana',
    ramal: '3501',
    agente: 'canary-agente',
    senha: 'canary-senha',
    token: 'canary-token',
  });
  await insertCallbackToken(db.store, { tenant, tokenHash: hashSecret('t') });
}

test('R14 R31 a sound tenant is in order and shows the masked request of the manual’s example', async () => {
  await seedSoundTenant();
  const { code, stdout } = await db.ramal(['config', 'check', 'demo', '--lang', 'en']);
  expect(code).toBe(0);
  expect(stdout).toContain('Problems: 0. Warnings: 3.');
  expect(stdout).toContain(
    '  GET https://demo.integracaocto.com.br:8080/api/clicktodial?origem=3501&destino=********23\n  Authorization: ***\n',
  );
  expect(stdout).not.toContain('canary');
});

test('threat 2 an address that the dialer refuses is warned of, unless OUTBOUND_ALLOW names it', async () => {
  await seedSoundTenant();
  const checkWith = async (ip: string, allow = '') => {
    await db.store.query('update empresas set cti_ip = $1', [ip]);
    const argv = ['config', 'check', 'demo', '--json', '--lang', 'en'];
    const { code, stdout } = await db.ramal(argv, { OUTBOUND_ALLOW: allow });
    const { findings } = JSON.parse(stdout) as CheckJson;
    const about = findings.filter((finding) => finding.code === 'cti_address_denied');
    return { code, about: about.map(({ severity, message }) => `${severity}: ${message}`) };
  };
  for (const [ip, kind] of [
    ['192.168.0.10', 'private'],
    ['169.254.169.254', 'metadata'],
    ['LocalHost', 'loopback'],
    ['[::1]', 'loopback'],
  ] as const) {
    const { code, about } = await checkWith(ip);
    expect(code).toBe(0);
    expect(about).toHaveLength(1);
    expect(about[0]).toContain(`warning: The address of the CTI, ${ip.replace(/[[\]]/g, '')}, `);
    expect(about[0]).toContain(`(${kind})`);
  }
  expect((await checkWith('192.168.0.10', '192.168.0.0/24')).about).toEqual([]);
  expect((await checkWith('192.168.0.10', '192.168.0.10:81')).about).toHaveLength(1);
  expect((await checkWith('192.168.0.10', '192.168.0.10:8080')).about).toEqual([]);
  for (const ip of ['8.8.8.8', 'pbx.example']) expect((await checkWith(ip)).about).toEqual([]);
  const { code, stderr } = await db.ramal(['config', 'check', 'demo'], { OUTBOUND_ALLOW: 'pbx' });
  expect(code).toBe(2);
  expect(stderr).toContain('OUTBOUND_ALLOW: pbx is no address or network');
});

test('R29 one run lists everything that is wrong, in any order of repair', async () => {
  await db.insert('wl_chamados_empresa', {
    empresa_id: 1,
    tenant: 'demo',
    ativo: 0,
    senha_padrao: 'canary-padrao',
  });
  await db.insert('empresas', {
    ...MANUAL_ROW,
    usa_cti: 0,
    cti_tipo: 9,
    cti_autenticacao: 4,
    cti_porta: '99999',
    cti_ip: 'http://pbx/',
    cti_nome_destino: null,
    cti_usa_linha: 1,
  });
  await db.insert('cti_settings', { empresa_id: 1, settings: { ramalMaxDigits: 0, statusName: 'a b' } });
  await db.store.query('drop index agents_ramal_key');
  const users = [
    { user_name: 'without-ramal', agente: 'a', senha: 's', token: 't' },
    { user_name: 'bad-ramal', ramal: '35x', agente: 'a', senha: 's', token: 't' },
    { user_name: 'twin-1', ramal: '3501', agente: 'a', senha: 's', token: 't' },
    { user_name: 'twin-2', ramal: '3501', agente: 'a', senha: 's', token: 't' },
    { user_name: 'no-token', ramal: '3502', agente: 'a', senha: 's' },
    { user_name: 'bad-agente', ramal: '3503', agente: 'canary:agente', senha: 's', token: 't' },
    { user_name: 'on-padrao', ramal: '3504', agente: 'a', token: 't' },
    { user_name: 'gone', active: false },
  ];
  for (const user of users) await db.insert('agents', { tenant: 'demo', ...user });

  const result = await check('demo');
  expect(result).toMatchObject({ code: 1, ok: false, example: null });
  expect(codesOf(result, 'problem').toSorted()).toEqual(
    [
      'tenant_inactive',
      'cti_off',
      'unsupported_cti_type',
      'bad_port',
      'bad_host',
      'missing',
      'settings_invalid',
      'settings_invalid',
      'user_without_ramal',
      'user_ramal_invalid',
      'ramal_duplicated',
      'user_credentials_missing',
      'user_agente_invalid',
      'no_callback_token',
    ].toSorted(),
  );
  expect(codesOf(result, 'warning').toSorted()).toEqual([
    'line_columns_ignored',
    'received_name_assumed',
    'received_name_assumed',
    'received_name_assumed',
    'users_on_senha_padrao',
  ]);
  expect(result.findings).toContainEqual(
    expect.objectContaining({ code: 'bad_port', column: 'empresas.cti_porta' }),
  );
  expect(result.findings).toContainEqual(
    expect.objectContaining({ code: 'user_credentials_missing', user: 'no-token', fields: 'token' }),
  );
  expect(JSON.stringify(result)).not.toMatch(/canary|gone/);
});

test('R29 the same list comes in three languages, by option and by environment', async () => {
  await db.insert('wl_chamados_empresa', { empresa_id: 1, tenant: 'demo', ativo: 1 });
  await db.insert('empresas', { ...MANUAL_ROW, cti_porta: 'x' });
  const messages = new Set<string>();
  const expected = {
    'pt-BR': 'Porta do CTI (empresas.cti_porta): deve ser um número de 1 a 65535, ou vazio.',
    en: 'Port of the CTI (empresas.cti_porta): must be a number from 1 to 65535, or blank.',
    es: 'Puerto del CTI (empresas.cti_porta): debe ser un número de 1 a 65535, o quedar vacío.',
  };
  for (const [language, message] of Object.entries(expected)) {
    const result = await check('demo', '--lang', language);
    expect(result.language).toBe(language);
    expect(result.findings.map((finding) => finding.message)).toContain(message);
    for (const finding of result.findings) messages.add(finding.message);
    expect(codesOf(result, 'problem')).toEqual(['bad_port', 'no_users', 'no_callback_token']);
  }
  expect(messages.size).toBe(3 * 6);
  const { stdout } = await db.ramal(['config', 'check', 'demo'], { LANG: 'pt_BR.UTF-8' });
  expect(stdout).toContain(`[problema] ${expected['pt-BR']}`);
});

test('R13 no rows at all, or no tables for them, is one problem and not a list of columns', async () => {
  await seedSoundTenant();
  await db.store.query('delete from empresas');
  expect(codesOf(await check('demo'), 'problem')).toEqual(['rows_missing']);
  await db.store.query('drop table empresas, configuracao_cti, cti_settings');
  expect(codesOf(await check('demo'), 'problem')).toEqual(['rows_missing']);
});

test('R1 a tenant that is only switched off still shows what it would send', async () => {
  await seedSoundTenant();
  await db.store.query('update empresas set usa_cti = 0');
  const result = await check('demo');
  expect(codesOf(result, 'problem')).toEqual(['cti_off']);
  expect(result.example?.user).toBe('ana');
});

test('R30 R35 the configuracao_cti row counts once it is there, with its own one prefix', async () => {
  await seedSoundTenant();
  await db.store.query('update empresas set cti_usa_zero_ddd = 1, cti_autenticacao = 7');
  await db.insert('configuracao_cti', {
    empresa_id: 1,
    autenticacao: 3,
    tipo: 10,
    protocolo: 'http',
    ip: '10.0.0.9',
    caminho: 'dial?apikey=canary-key',
    usa_linha: 1,
    numero_linha: '9',
    metodo_chamada: 'POST',
    nome_variavel_origem_sainte: 'ramal',
    nome_variavel_destino_sainte: 'numero',
    nome_variavel_origem: 'de',
    nome_variavel_destino: 'para',
    nome_variavel_audio: 'gravacao',
  });
  const { code, stdout } = await db.ramal(['config', 'check', 'demo', '--lang', 'en'], {
    OUTBOUND_ALLOW: '10.0.0.0/24',
  });
  expect(code).toBe(0);
  expect(stdout).toContain('Everything is in order.');
  expect(stdout).toContain(
    '  POST http://10.0.0.9/dial?apikey=***&ramal=3501&numero=*********23&token=***\n',
  );
  expect(stdout).toContain('The line number stands before the number.');
  expect(stdout).not.toContain('canary');
});

test('R42 senha_padrao completes a user and is never shown', async () => {
  await seedSoundTenant();
  await db.store.query(`update agents set senha = null`);
  expect(codesOf(await check('demo'), 'problem')).toEqual(['user_credentials_missing']);
  await db.store.query(`update wl_chamados_empresa set senha_padrao = 'canary-padrao'`);
  const result = await check('demo');
  expect(result).toMatchObject({ code: 0, example: { user: 'ana', headers: { Authorization: '***' } } });
  expect(codesOf(result, 'warning')).toContain('users_on_senha_padrao');
  expect(JSON.stringify(result)).not.toContain('canary');
});

test('R42 an encrypted senha_padrao needs the master key, and is read with it', async () => {
  await seedSoundTenant();
  const masterKey = Buffer.alloc(32, 7);
  const secrets = createTenantSecrets({ store: db.store, masterKeys: createMasterKeys([masterKey]) });
  await db.store.query('update agents set senha = null');
  await db.store.query('update wl_chamados_empresa set senha_padrao = $1', [
    await secrets.seal('demo', 'wl_chamados_empresa.senha_padrao', 'canary-padrao'),
  ]);
  const without = await db.ramal(['config', 'check', 'demo']);
  expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('set RAMAL_MASTER_KEY') });
  const env = { RAMAL_MASTER_KEY: masterKey.toString('base64') };
  const read = await db.ramal(['config', 'check', 'demo', '--lang', 'en'], env);
  expect(read.code).toBe(0);
  expect(read.stdout).toContain('user ana');
  expect(read.stdout).not.toContain('canary');
});

test('R34 a line number before an E.164 number is a problem of the configuration', async () => {
  await seedSoundTenant();
  await db.store.query('update empresas set cti_usa_zero_ddd = 1');
  await db.insert('cti_settings', { empresa_id: 1, settings: { normalize: true, dialFormat: 'e164' } });
  const result = await check('demo');
  expect(codesOf(result, 'problem')).toEqual(['external_not_diallable']);
  expect(result).toMatchObject({ code: 1, example: null });
});

test('R42 a tenant’s own database that is away is one problem of the list, without its password', async () => {
  await seedSoundTenant();
  await db.store.query(
    `update wl_chamados_empresa set host = '127.0.0.1:1', nome_banco = 'own', senha_banco = 'canary-banco'`,
  );
  const { code, stdout, stderr } = await db.ramal(['config', 'check', 'demo', '--lang', 'en']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/tenant's own database .* cannot be used: .*ECONNREFUSED/);
  expect(stdout + stderr).not.toContain('canary');
});

test('an unknown tenant is a problem, and no other tenant’s rows are looked at', async () => {
  await seedSoundTenant();
  const { code, stdout } = await db.ramal(['config', 'check', 'DEMO', '--lang', 'es']);
  expect(code).toBe(1);
  expect(stdout).toContain('No existe el tenant "DEMO"');
});

test.each(["o'brien; drop table agents", '--json', '{}:*', 'constructor', '\u001b[31mred', '%', 'a\u202eb'])(
  'threat 6: a tenant named %j is checked as that name',
  async (tenant) => {
    await seedSoundTenant(tenant);
    const result = await check(tenant);
    expect(result).toMatchObject({ code: 0, tenant, example: { user: 'ana' } });
    const { stdout } = await db.ramal(['config', 'check', '--', tenant]);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  },
);

test('a database without the schema says how to make it', async () => {
  await db.store.query('drop table wl_chamados_empresa');
  const { code, stderr } = await db.ramal(['config', 'check', 'demo']);
  expect(code).toBe(1);
  expect(stderr).toContain('ramal migrate');
});
