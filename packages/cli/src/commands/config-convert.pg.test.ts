import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CliDatabase, MANUAL_ROW, openCliDatabase } from '../../test/open-cli-database.ts';

let db: CliDatabase;
beforeEach(async () => {
  db = await openCliDatabase();
  await db.insert('wl_chamados_empresa', { empresa_id: 1, tenant: 'demo', ativo: 1 });
});
afterEach(() => db.drop());

/** What the manual's example (R14) becomes. */
const CONVERTED = {
  autenticacao: 1,
  tipo: 10,
  protocolo: 'https',
  ip: 'demo.integracaocto.com.br',
  porta: '8.080',
  caminho: 'api/clicktodial',
  usa_linha: 0,
  numero_linha: null,
  metodo_chamada: 'GET',
  nome_variavel_origem_sainte: 'origem',
  nome_variavel_destino_sainte: 'destino',
  nome_variavel_origem: 'origem',
  nome_variavel_destino: 'destino',
  nome_variavel_audio: 'audio',
};

async function stored(): Promise<Record<string, unknown>[]> {
  return (await db.store.query('select * from configuracao_cti')).rows;
}

function parseJson(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

test('R14 R30 the manual’s example is shown with what becomes of each column, and nothing is written', async () => {
  await db.insert('empresas', MANUAL_ROW);
  const { code, stdout, stderr } = await db.ramal(['config', 'convert', 'demo', '--lang', 'en']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^The configuracao_cti row of tenant demo \(empresa_id 1\):\n/);
  expect(stdout).toMatch(/\n {2}cti_porta +8\.080 +porta +8\.080\n/);
  expect(stdout).toMatch(/\n {2}usa_cti +1 +- +stays in empresas\n/);
  expect(stdout).toMatch(/\n {2}cti_numero_linha +0 +- +not used\n/);
  expect(stdout).toMatch(/\n {2}cti_usa_zero_ddd +0 +usa_linha +0 +converted\n/);
  expect(stdout).toMatch(/\n {2}cti_usa_zero_ddd +0 +numero_linha +NULL +converted\n/);
  expect(stdout).toMatch(/\n {2}- +metodo_chamada +GET +new\n/);
  expect(stdout).toContain('(configuracao_cti.nome_variavel_audio): is not filled in; "audio" is assumed.');
  expect(stdout).toMatch(/\nNothing was written; --apply writes the row\.\n$/);
  expect(stderr).toMatch(/^database: .* \(from DATABASE_URL\)\n$/);
  expect(await stored()).toEqual([]);
});

test('R14 R30 --apply writes exactly that row, once, with an audit line', async () => {
  await db.insert('empresas', MANUAL_ROW);
  const { code, stdout } = await db.ramal(['config', 'convert', 'demo', '--apply'], { USER: 'ops' });
  expect(code).toBe(0);
  expect(await stored()).toEqual([{ empresa_id: 1, ...CONVERTED }]);
  const audit = /^audit (.*)$/m.exec(stdout)?.[1] ?? '';
  expect(parseJson(audit)).toMatchObject({
    at: '2026-03-01T12:00:00.000Z',
    action: 'config.convert',
    outcome: 'inserted',
    tenant: 'demo',
    empresaId: 1,
    by: 'ops',
  });
  const again = await db.ramal(['config', 'convert', 'demo', '--apply', '--lang', 'en']);
  expect(again.code).toBe(0);
  expect(again.stdout).toContain('already holds this row; nothing was written');
  expect(again.stdout).not.toContain('audit');
});

test('R10 R30 R35 usa_zero_ddd becomes the one prefix, and the old line columns are left behind', async () => {
  await db.insert('empresas', {
    ...MANUAL_ROW,
    cti_usa_zero_ddd: 1,
    cti_usa_linha: 1,
    cti_numero_linha: '9',
  });
  const { code, stdout } = await db.ramal(['config', 'convert', 'demo', '--json']);
  expect(code).toBe(0);
  const json = parseJson(stdout);
  expect(json['row']).toEqual({ ...CONVERTED, usa_linha: 1, numero_linha: '0' });
  expect(json['findings']).toContainEqual(
    expect.objectContaining({
      code: 'line_columns_ignored',
      column: 'empresas.cti_usa_linha',
      severity: 'warning',
    }),
  );
  expect(json).toMatchObject({
    tenant: 'demo',
    empresaId: 1,
    outcome: 'preview',
    differences: null,
    audit: null,
  });
});

test('R30 another row is shown and refused, and replaced only with --force', async () => {
  await db.insert('empresas', MANUAL_ROW);
  await db.insert('configuracao_cti', { empresa_id: 1, ...CONVERTED, porta: '9090', metodo_chamada: 'POST' });
  const refused = await db.ramal(['config', 'convert', 'demo', '--apply', '--lang', 'en']);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toMatch(
    /It differs in:\n.*\n {2}porta +9090 +8\.080\n {2}metodo_chamada +POST +GET\n/,
  );
  expect(refused.stdout).toContain('--force replaces it');
  expect(refused.stdout).not.toContain('audit');
  expect(await stored()).toMatchObject([{ porta: '9090', metodo_chamada: 'POST' }]);

  const forced = await db.ramal(['config', 'convert', 'demo', '--apply', '--force', '--json']);
  expect(forced.code).toBe(0);
  expect(parseJson(forced.stdout)).toMatchObject({
    outcome: 'replaced',
    differences: [
      { column: 'porta', before: '9090', after: '8.080' },
      { column: 'metodo_chamada', before: 'POST', after: 'GET' },
    ],
    audit: { outcome: 'replaced', columns: ['porta', 'metodo_chamada'] },
  });
  expect(await stored()).toEqual([{ empresa_id: 1, ...CONVERTED }]);
});

test('R30 a row with problems is shown, and written only with --force', async () => {
  await db.insert('empresas', { ...MANUAL_ROW, cti_porta: '99999', cti_tipo: 9 });
  const preview = await db.ramal(['config', 'convert', 'demo', '--lang', 'es']);
  expect(preview.code).toBe(1);
  expect(preview.stdout).toContain('Puerto del CTI (empresas.cti_porta): debe ser un número de 1 a 65535');
  const refused = await db.ramal(['config', 'convert', 'demo', '--apply', '--lang', 'pt-BR']);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain('a linha tem problemas');
  expect(await stored()).toEqual([]);
  expect((await db.ramal(['config', 'convert', 'demo', '--apply', '--force'])).code).toBe(0);
  expect(await stored()).toMatchObject([{ porta: '99999', tipo: 9 }]);
});

test('R13 a table without the CTI columns converts to nothing that could dial, and never crashes', async () => {
  for (const column of Object.keys(MANUAL_ROW)) {
    if (column !== 'empresa_id') await db.store.query(`alter table empresas drop column ${column}`);
  }
  await db.insert('empresas', { empresa_id: 1 });
  const { code, stdout } = await db.ramal(['config', 'convert', 'demo', '--lang', 'en']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/\n {2}cti_ip +- +ip +NULL\n/);
  expect(stdout).toContain('Address of the CTI (empresas.cti_ip): has to be filled in.');
});

test('R13 a configuracao_cti that lacks a column refuses the row in words', async () => {
  await db.insert('empresas', MANUAL_ROW);
  await db.store.query('alter table configuracao_cti drop column metodo_chamada');
  const { code, stderr } = await db.ramal(['config', 'convert', 'demo', '--apply']);
  expect(code).toBe(1);
  expect(stderr).toContain('a column is missing');
});

test('a tenant that is unknown, or has no row, says so', async () => {
  expect(await db.ramal(['config', 'convert', 'nobody'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('There is no tenant "nobody"'),
  });
  expect(await db.ramal(['config', 'convert', 'demo'], { LANG: 'pt_BR.UTF-8' })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('O tenant demo não tem linha em empresas'),
  });
});

test('I8 a key in the path and a password before the host are hidden everywhere, and written as they are', async () => {
  await db.insert('empresas', {
    ...MANUAL_ROW,
    cti_caminho: 'api/dial?apikey=canary-path',
    cti_ip: 'user:canary-host@pbx',
  });
  await db.insert('configuracao_cti', { empresa_id: 1, caminho: 'x?token=canary-old' });
  for (const flags of [[], ['--json'], ['--apply', '--force', '--json']]) {
    const { stdout, stderr } = await db.ramal(['config', 'convert', 'demo', ...flags]);
    expect(stdout).toContain('api/dial?apikey=***');
    expect(stdout + stderr).not.toContain('canary');
  }
  expect(await stored()).toMatchObject([{ caminho: 'api/dial?apikey=canary-path' }]);
});

test.each([
  "o'brien; drop table empresas",
  '--force',
  '{}:*',
  '__proto__',
  '\u001b[31mred\u009b',
  'a"b\\c',
  'ação 日本',
])('threat 6: a tenant named %j is looked up as that name, and printed as text', async (tenant) => {
  await db.insert('wl_chamados_empresa', { empresa_id: 2, tenant, ativo: 1 });
  await db.insert('empresas', { ...MANUAL_ROW, empresa_id: 2, cti_ip: 'pbx\u001b]0;title\u0007' });
  await db.insert('empresas', MANUAL_ROW);
  const { code, stdout, stderr } = await db.ramal(['config', 'convert', '--json', '--', tenant]);
  // The address holds control characters: a problem, told without printing them.
  expect(code).toBe(1);
  expect(parseJson(stdout)).toMatchObject({ tenant, empresaId: 2 });
  expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  const text = await db.ramal(['config', 'convert', '--', tenant]);
  expect((text.stdout + text.stderr).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});
