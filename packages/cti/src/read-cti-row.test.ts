import { describe, expect, it } from 'vitest';
import { type ConfiguracaoCtiRow, type CtiConfig, toCtiConfig } from './index.ts';
import { CONFIGURACAO_CTI_COLUMNS } from './legacy-columns.ts';

const newRow = (changes: ConfiguracaoCtiRow = {}): ConfiguracaoCtiRow => ({
  autenticacao: 1,
  tipo: 10,
  protocolo: 'https',
  ip: 'pbx.example.com',
  porta: '8.080',
  caminho: 'api/clicktodial',
  usa_linha: 0,
  numero_linha: '0',
  metodo_chamada: 'GET',
  nome_variavel_origem_sainte: 'origem',
  nome_variavel_destino_sainte: 'destino',
  nome_variavel_origem: 'src',
  nome_variavel_destino: 'dst',
  nome_variavel_audio: 'rec',
  ...changes,
});

/** The configuration of a row that must be good. */
function configOf(changes: ConfiguracaoCtiRow): CtiConfig {
  const result = toCtiConfig({ configuracaoCti: newRow(changes) });
  if (result.status !== 'ok') throw new Error(`not ok: ${JSON.stringify(result)}`);
  return result.config;
}

/** `field: code` of every problem of a row that must be bad. */
function problemsOf(changes: ConfiguracaoCtiRow): string[] {
  const result = toCtiConfig({ configuracaoCti: newRow(changes) });
  if (result.status !== 'invalid') throw new Error(`not invalid: ${result.status}`);
  return result.problems.map(({ field, code }) => `${field}: ${code}`);
}

describe('the columns', () => {
  it.each([1, 2, 3, 4, '1', ' 4 '])('R15 takes authentication %j', (autenticacao) => {
    expect(configOf({ autenticacao }).authMode).toBe(Number(autenticacao));
  });

  it.each([0, 5, '1a', 'basic'])('R31 takes authentication %j as a configuration error', (autenticacao) => {
    expect(problemsOf({ autenticacao })).toEqual(['authMode: unknown_auth_mode']);
  });

  it.each(['https', 'HTTPS', 'Https://', ' https:// '])('R4 R17 takes protocol %j', (protocolo) => {
    expect(configOf({ protocolo }).protocol).toBe('https');
  });

  it.each(['ftp', 'http//', 'ws://', 'https://x'])('R4 R17 refuses protocol %j', (protocolo) => {
    expect(problemsOf({ protocolo })).toEqual(['protocol: bad_protocol']);
  });

  it.each([
    ['10.0.0.5', '10.0.0.5'],
    ['pbx', 'pbx'],
    ['PBX-01.example.com.', 'PBX-01.example.com'],
    ['3com.example', '3com.example'],
    ['2001:db8::5', '2001:db8::5'],
    ['[2001:db8::5]', '2001:db8::5'],
    ['::ffff:10.0.0.5', '::ffff:10.0.0.5'],
  ])('R5 R18 takes address %j', (ip, host) => {
    expect(configOf({ ip }).host).toBe(host);
  });

  it.each([
    'http://pbx',
    'pbx/path',
    'pbx:8080',
    'user@pbx',
    'user:pw@pbx',
    'p bx',
    'pbx?x',
    'pbx#x',
    'pbx\\x',
    'pbx%41',
    'fe80::1%eth0',
    '[fe80::1%25eth0]',
    '[pbx]',
    '[10.0.0.5]',
    '[::1',
    '::1]:80/[::1',
    '::1]@[::2',
    '1.2.3',
    '256.1.1.1',
    '010.0.0.1',
    '0x7f.0.0.1',
    '0x7f000001',
    '2130706433',
    'pbx.123',
    '-pbx',
    'pbx-',
    'a..b',
    '.',
    'ünïcode',
    'a'.repeat(64),
    `${'a.'.repeat(130)}b`,
  ])('R5 R18 threat 10 refuses address %j', (ip) => {
    expect(problemsOf({ ip })).toEqual(['host: bad_host']);
  });

  it.each([
    ['8.080', 8080],
    ['8 080', 8080],
    [8080, 8080],
    ['443', 443],
    ['65.535', 65_535],
    ['', null],
    [null, null],
    [undefined, null],
  ])('R6 R19 reads port %j as %j', (porta, port) => {
    expect(configOf({ porta }).port).toBe(port);
  });

  it.each(['0', '65536', '-1', '80a', '.', '1e3', '0x50'])('R6 R19 refuses port %j', (porta) => {
    expect(problemsOf({ porta })).toEqual(['port: bad_port']);
  });

  it('R6 refuses a port that a database turned into a fraction, instead of guessing', () => {
    expect(problemsOf({ porta: 8.08 })).toEqual(['port: not_text']);
  });

  it.each([
    ['api/clicktodial', 'api/clicktodial'],
    ['/api/clicktodial', 'api/clicktodial'],
    ['//api', 'api'],
    ['api?x=1&y=%20', 'api?x=1&y=%20'],
    ['dial.php?a[b]=c', 'dial.php?a[b]=c'],
    ['', ''],
  ])('R7 R20 reads path %j', (caminho, path) => {
    expect(configOf({ caminho }).path).toBe(path);
  });

  it.each(['a b', 'a#b', 'a\\b', 'a%zz', 'é', 'a/../b', 'a/%2e%2E', './a', `a"`, 'a'.repeat(1025)])(
    'R7 R20 refuses path %j, which would not arrive as it is written',
    (caminho) => {
      expect(problemsOf({ caminho })).toEqual(['path: bad_path']);
    },
  );

  it.each(['0', '9', '*9', '##0', '0011'])('R22 takes line number %j', (numero_linha) => {
    expect(configOf({ usa_linha: 1, numero_linha }).linePrefix).toBe(numero_linha);
    expect(configOf({ usa_linha: '1', numero_linha: ` ${numero_linha} ` }).linePrefix).toBe(numero_linha);
  });

  it.each(['', null, 'x', '+', '0,', '12345678901'])(
    'R22 refuses line number %j only when in use',
    (numero_linha) => {
      expect(problemsOf({ usa_linha: 1, numero_linha })).toEqual(['lineNumber: bad_line_number']);
      expect(configOf({ usa_linha: 0, numero_linha }).linePrefix).toBe('');
    },
  );

  it.each([
    ['', 'GET'],
    [null, 'GET'],
    ['get', 'GET'],
    ['Post', 'POST'],
  ])('R23 reads method %j as %s', (metodo_chamada, method) => {
    expect(configOf({ metodo_chamada }).method).toBe(method);
  });

  it.each(['PUT', 'DELETE', 'GET POST'])('R23 refuses method %j', (metodo_chamada) => {
    expect(problemsOf({ metodo_chamada })).toEqual(['method: bad_method']);
  });

  it.each(['__proto__', 'constructor', 'a b', 'x'.repeat(65)])(
    'threat 10 refuses variable name %j',
    (name) => {
      expect(problemsOf({ nome_variavel_origem_sainte: name })).toEqual(['originName: bad_variable_name']);
      expect(problemsOf({ nome_variavel_audio: name })).toEqual(['receivedRecordingName: bad_variable_name']);
    },
  );

  it('refuses two outgoing variables of one name, and a second token in mode 3', () => {
    expect(problemsOf({ nome_variavel_destino_sainte: 'origem' })).toEqual([
      'destinationName: duplicate_variable_name',
    ]);
    const token = { nome_variavel_origem_sainte: 'token' };
    expect(problemsOf({ ...token, autenticacao: 3 })).toEqual(['originName: duplicate_variable_name']);
    expect(configOf({ ...token, autenticacao: 2 }).originName).toBe('token');
  });

  it.each(Object.keys(CONFIGURACAO_CTI_COLUMNS))('threat 10 refuses a line break in %s', (column) => {
    expect(problemsOf({ [column]: '1\r\nX-Evil: 1' })[0]).toMatch(/: control_character$/);
    expect(problemsOf({ [column]: '1\n' })[0]).toMatch(/: control_character$/);
  });
});
