import { describe, expect, it } from 'vitest';
import {
  type AuthMode,
  buildOriginate,
  type CtiConfig,
  CtiCredentialInvalidError,
  CtiCredentialsMissingError,
  type ConfiguracaoCtiRow,
  type EmpresasRow,
  NumberNotDiallableError,
  type OriginateInput,
  toCtiConfig,
} from './index.ts';

const credentials = { ramal: '3501', agente: 'maria', senha: 's3nha', token: 'abc+/=&' };

function configOf(row: { configuracaoCti?: ConfiguracaoCtiRow; empresas?: EmpresasRow }): CtiConfig {
  const result = toCtiConfig(row);
  if (result.status !== 'ok') throw new Error(`not ok: ${JSON.stringify(result)}`);
  return result.config;
}

const config = (changes: ConfiguracaoCtiRow = {}): CtiConfig =>
  configOf({
    configuracaoCti: {
      autenticacao: 1,
      tipo: 10,
      protocolo: 'http',
      ip: '10.0.0.5',
      porta: 8080,
      caminho: 'dial',
      nome_variavel_origem_sainte: 'from',
      nome_variavel_destino_sainte: 'to',
      ...changes,
    },
  });

const build = (input: Partial<OriginateInput> = {}) =>
  buildOriginate({ config: config(), credentials, number: '4732100123', internal: false, ...input });

describe('the URL', () => {
  it("R14 is the manual's own example, byte for byte", () => {
    const manual = configOf({
      empresas: {
        usa_cti: 1,
        cti_autenticacao: 1,
        cti_tipo: 10,
        cti_protocolo: 'https',
        cti_ip: 'demo.integracaocto.com.br',
        cti_porta: '8.080',
        cti_caminho: 'api/clicktodial',
        cti_usa_linha: 0,
        cti_numero_linha: 0,
        cti_usa_zero_ddd: 0,
        cti_nome_origem: 'origem',
        cti_nome_destino: 'destino',
      },
    });
    expect(build({ config: manual })).toEqual({
      method: 'GET',
      url: 'https://demo.integracaocto.com.br:8080/api/clicktodial?origem=3501&destino=4732100123',
      protocol: 'https',
      host: 'demo.integracaocto.com.br',
      port: 8080,
      path: '/api/clicktodial?origem=3501&destino=4732100123',
      headers: { Authorization: 'Basic bWFyaWE6czNuaGE=' },
      dialled: '4732100123',
      prefix: 'none',
    });
  });

  const BASIC = { Authorization: 'Basic bWFyaWE6czNuaGE=' };
  const HEADER = { token_auth: 'abc+/=&' };
  const modes: [AuthMode, Record<string, string>, string][] = [
    [1, BASIC, ''],
    [2, HEADER, ''],
    [3, {}, '&token=abc%2B%2F%3D%26'],
    [4, { ...BASIC, ...HEADER }, ''],
  ];
  const methods = ['GET', 'POST'] as const;
  const lines: [ConfiguracaoCtiRow, string][] = [
    [{ usa_linha: 0, numero_linha: '9' }, ''],
    [{ usa_linha: 1, numero_linha: '0' }, '0'],
    [{ usa_linha: 1, numero_linha: '*9#' }, '*9#'],
  ];
  const targets: [string, boolean][] = [
    ['(47) 3210-0123', false],
    ['3502', true],
  ];
  const paths: [string, string][] = [
    ['api/clicktodial', '/api/clicktodial?'],
    ['api?fixed=1', '/api?fixed=1&'],
  ];
  const table = modes.flatMap(([mode, headers, tokenUrl]) =>
    methods.flatMap((method) =>
      lines.flatMap(([line, prefix]) =>
        targets.flatMap(([number, internal]) =>
          paths.map(([path, start]) => ({
            name: `mode ${mode}, ${method}, prefix "${prefix}", ${number}, ${path}`,
            row: { autenticacao: mode, metodo_chamada: method, caminho: path, ...line },
            number,
            internal,
            expected: {
              method,
              headers,
              path: `${start}from=3501&to=${
                internal ? '3502' : `${prefix.replace('#', '%23')}4732100123`
              }${tokenUrl}`,
              dialled: internal ? '3502' : `${prefix}4732100123`,
              prefix: internal || prefix === '' ? 'none' : 'linha',
            },
          })),
        ),
      ),
    ),
  );

  it.each(table.map((entry) => [entry.name, entry] as const))(
    'R21 R22 R23 R24 R25 R31 R32 R34 is right for %s',
    (_, entry) => {
      const { row, number, internal, expected } = entry;
      const request = build({ config: config(row), number, internal });
      expect(request).toMatchObject(expected);
      expect(request.headers).toEqual(expected.headers);
      expect(request.url).toBe(`http://10.0.0.5:8080${expected.path}`);
    },
  );

  it('R6 leaves a blank port out, and still says where to connect', () => {
    const blank = build({ config: config({ porta: '' }) });
    expect([blank.url, blank.port]).toEqual(['http://10.0.0.5/dial?from=3501&to=4732100123', 80]);
    expect(build({ config: config({ porta: null, protocolo: 'https' }) }).port).toBe(443);
  });

  it('R5 puts an IPv6 address into brackets, in the URL only', () => {
    const request = build({ config: config({ ip: '[2001:db8::5]' }) });
    expect(request.host).toBe('2001:db8::5');
    expect(request.url).toBe('http://[2001:db8::5]:8080/dial?from=3501&to=4732100123');
  });

  it('R7 joins with what ends a path already', () => {
    expect(build({ config: config({ caminho: '' }) }).path).toBe('/?from=3501&to=4732100123');
    expect(build({ config: config({ caminho: 'a?' }) }).path).toBe('/a?from=3501&to=4732100123');
    expect(build({ config: config({ caminho: 'a?b=1&' }) }).path).toBe('/a?b=1&from=3501&to=4732100123');
  });

  it('R32 percent-encodes names and values, but for the star', () => {
    const names = { nome_variavel_origem_sainte: 'p[from]', nome_variavel_destino_sainte: "número'" };
    expect(build({ config: config(names), number: '*21*3502#' }).path).toBe(
      '/dial?p%5Bfrom%5D=3501&n%C3%BAmero%27=*21*3502%23',
    );
  });
});

describe('the number', () => {
  it('keeps a leading + where no prefix goes before it', () => {
    const request = build({ number: '+55 47 3210-0123' });
    expect(request.dialled).toBe('+554732100123');
    expect(request.path).toBe('/dial?from=3501&to=%2B554732100123');
  });

  const zero = config({ usa_linha: 1, numero_linha: '0' });

  it('R34 refuses a + behind a prefix, and a number that its prefix makes too long', () => {
    expect(() => build({ config: zero, number: '+554732100123' })).toThrow(NumberNotDiallableError);
    expect(() => build({ config: zero, number: '1'.repeat(20) })).toThrow(NumberNotDiallableError);
  });

  it('R35 prefixes a number that looks prefixed, unless skip_if_prefixed is set', () => {
    expect(build({ config: zero, number: '04732100123' }).dialled).toBe('004732100123');
    const skipping = { ...zero, skipIfPrefixed: true };
    expect(build({ config: skipping, number: '04732100123' })).toMatchObject({
      dialled: '04732100123',
      prefix: 'none',
    });
    expect(build({ config: skipping, number: '4732100123' })).toMatchObject({
      dialled: '04732100123',
      prefix: 'linha',
    });
  });

  it.each(['', '1', 'abc', '47+3210', '4732100123;ext=1', '4732100123&x=1', '４７', '1'.repeat(21)])(
    'threat 1 never sends %j',
    (number) => {
      expect(() => build({ number })).toThrow(NumberNotDiallableError);
    },
  );
});

describe('the credentials', () => {
  const modeConfig = (autenticacao: number) => config({ autenticacao });

  it.each([
    [1, ['ramal', 'agente', 'senha']],
    [2, ['ramal', 'token']],
    [3, ['ramal', 'token']],
    [4, ['ramal', 'agente', 'senha', 'token']],
  ])('R31 mode %i refuses without each of %j, and asks for no other', (mode, needed) => {
    for (const field of needed) {
      for (const blank of [undefined, null, '', ' ']) {
        const attempt = () =>
          build({ config: modeConfig(mode), credentials: { ...credentials, [field]: blank } });
        expect(attempt).toThrow(CtiCredentialsMissingError);
        expect(attempt).toThrow(
          expect.objectContaining({ code: 'cti_credentials_missing', missing: [field] }),
        );
      }
    }
    const only = Object.fromEntries(Object.entries(credentials).filter(([field]) => needed.includes(field)));
    expect(build({ config: modeConfig(mode), credentials: only }).dialled).toBe('4732100123');
  });

  it('R31 names every missing field', () => {
    expect(() => build({ config: modeConfig(4), credentials: {} })).toThrow(
      expect.objectContaining({ missing: ['ramal', 'agente', 'senha', 'token'] }),
    );
  });

  it('R31 encodes Basic in UTF-8', () => {
    const { headers } = build({ credentials: { ...credentials, agente: 'joão', senha: 'çé:ñ' } });
    const [, encoded = ''] = (headers.Authorization ?? '').split(' ');
    expect(Buffer.from(encoded, 'base64').toString('utf8')).toBe('joão:çé:ñ');
  });

  it.each([
    [1, { agente: 'ma:ria' }, 'agente'],
    [1, { agente: 'ma\nria' }, 'agente'],
    [1, { senha: 'canary\r\nX: 1' }, 'senha'],
    [1, { ramal: 'SIP/3501' }, 'ramal'],
    [2, { token: 'canary\r\nX-Evil: 1' }, 'token'],
    [2, { token: 'canary\u0000' }, 'token'],
    [2, { token: 'canaryé' }, 'token'],
    [2, { token: ' canary' }, 'token'],
    [3, { token: 'canary\n' }, 'token'],
    [3, { token: 'canary\ud800' }, 'token'],
    [4, { token: 'canary\r' }, 'token'],
  ])('threat 10 mode %i never sends %j', (mode, bad, field) => {
    const attempt = () => build({ config: modeConfig(mode), credentials: { ...credentials, ...bad } });
    expect(attempt).toThrow(CtiCredentialInvalidError);
    expect(attempt).toThrow(expect.objectContaining({ code: 'cti_config_invalid', field }));
    expect(attempt).not.toThrow('canary');
  });
});
