import { dialReason } from '@ramal/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toConfiguracaoCtiRow, toCtiConfig, toDialReason } from './index.ts';
import {
  CONFIGURACAO_CTI_COLUMNS,
  type ConfiguracaoCtiRow,
  EMPRESAS_COLUMNS,
  type EmpresasRow,
} from './legacy-columns.ts';

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

const oldRow = (changes: EmpresasRow = {}): EmpresasRow => ({
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
  ...changes,
});

/** `field: code` of every problem of a row that must be bad. */
function problemsOf(changes: ConfiguracaoCtiRow): string[] {
  const result = toCtiConfig({ configuracaoCti: newRow(changes) });
  if (result.status !== 'invalid') throw new Error(`not invalid: ${result.status}`);
  return result.problems.map(({ field, code }) => `${field}: ${code}`);
}

/** The control characters and half surrogate pairs in a value, as JSON escapes them. */
const escapesIn = (value: unknown) =>
  JSON.stringify(value)
    .replaceAll('\\\\', '')
    .match(/\\[a-z]/g) ?? [];

const reasonOf = (rows: Parameters<typeof toCtiConfig>[0]) => {
  const result = toCtiConfig(rows);
  return result.status === 'ok' ? 'ok' : toDialReason(result);
};

describe('which row counts', () => {
  it('R30 takes configuracao_cti over empresas', () => {
    const result = toCtiConfig({ configuracaoCti: newRow(), empresas: oldRow({ cti_usa_zero_ddd: 1 }) });
    expect(result).toMatchObject({
      status: 'ok',
      config: { source: 'configuracao_cti', host: 'pbx.example.com', linePrefix: '' },
    });
  });

  it('R30 maps an empresas row and says which received names it assumed', () => {
    const result = toCtiConfig({ empresas: oldRow({ cti_usa_zero_ddd: '1' }) });
    expect(result).toMatchObject({
      status: 'ok',
      config: { source: 'empresas', host: 'demo.integracaocto.com.br', linePrefix: '0', method: 'GET' },
      callback: { originName: 'origem', destinationName: 'destino', recordingName: 'audio' },
    });
    expect(result.status === 'ok' && result.warnings.map(({ code }) => code)).toEqual([
      'received_name_assumed',
      'received_name_assumed',
      'received_name_assumed',
    ]);
  });

  it('R2 R4 R5 R6 R7 R10 R11 R12 R30 converts an empresas row into the configuracao_cti row it stands for', () => {
    expect(toConfiguracaoCtiRow(oldRow({ cti_usa_zero_ddd: 1 })).row).toEqual({
      autenticacao: 1,
      tipo: 10,
      protocolo: 'https',
      ip: 'demo.integracaocto.com.br',
      porta: '8.080',
      caminho: 'api/clicktodial',
      usa_linha: 1,
      numero_linha: '0',
      metodo_chamada: 'GET',
      nome_variavel_origem_sainte: 'origem',
      nome_variavel_destino_sainte: 'destino',
      nome_variavel_origem: 'origem',
      nome_variavel_destino: 'destino',
      nome_variavel_audio: 'audio',
    });
  });

  it('R8 R9 R35 ignores the line columns of empresas, with a warning', () => {
    const both = oldRow({ cti_usa_linha: 1, cti_numero_linha: '9', cti_usa_zero_ddd: 1 });
    expect(toConfiguracaoCtiRow(both).warnings.map(({ code }) => code)).toContain('line_columns_ignored');
    expect(toCtiConfig({ empresas: both })).toMatchObject({ config: { linePrefix: '0' } });
    expect(toCtiConfig({ empresas: { ...both, cti_usa_zero_ddd: 0 } })).toMatchObject({
      config: { linePrefix: '' },
    });
  });

  it('assumes the received names that configuracao_cti leaves blank', () => {
    const result = toCtiConfig({ configuracaoCti: newRow({ nome_variavel_audio: ' ' }) });
    expect(result).toMatchObject({
      status: 'ok',
      callback: { originName: 'src', destinationName: 'dst', recordingName: 'audio' },
      warnings: [{ field: 'receivedRecordingName', code: 'received_name_assumed' }],
    });
  });
});

describe('whether a tenant can dial', () => {
  it.each([0, '0', null, undefined, '', 'x'])(
    'R1 refuses with cti_disabled when usa_cti is %j',
    (usa_cti) => {
      expect(reasonOf({ empresas: oldRow({ usa_cti }) })).toBe('cti_disabled');
      expect(reasonOf({ empresas: oldRow({ usa_cti }), configuracaoCti: newRow() })).toBe('cti_disabled');
    },
  );

  it('R1 still says how to read the callbacks of a disabled tenant', () => {
    const result = toCtiConfig({ empresas: oldRow({ usa_cti: 0 }), configuracaoCti: newRow() });
    expect(result).toMatchObject({ status: 'disabled', callback: { originName: 'src', replyBody: 'ok' } });
  });

  it.each([1, '1', ' 1 ', true, 1n])('R1 takes usa_cti %s as enabled', (usa_cti) => {
    expect(reasonOf({ empresas: oldRow({ usa_cti }) })).toBe('ok');
  });

  it('R1 takes a configuracao_cti row without an empresas row as enabled', () => {
    expect(reasonOf({ configuracaoCti: newRow() })).toBe('ok');
    expect(reasonOf({ configuracaoCti: newRow(), empresas: null })).toBe('ok');
  });

  it('R13 does not let an empresas table without CTI columns switch configuracao_cti off', () => {
    const withoutColumns = { id: 7, nome: 'Customer' } as EmpresasRow;
    expect(reasonOf({ configuracaoCti: newRow(), empresas: withoutColumns })).toBe('ok');
    expect(reasonOf({ empresas: withoutColumns })).toBe('cti_disabled');
  });

  it('R13 calls missing rows, blank rows and missing columns not configured', () => {
    expect(reasonOf({})).toBe('cti_not_configured');
    expect(reasonOf({ configuracaoCti: null, empresas: null })).toBe('cti_not_configured');
    expect(reasonOf({ configuracaoCti: {} })).toBe('cti_not_configured');
    expect(reasonOf({ configuracaoCti: { ip: '', tipo: null } })).toBe('cti_not_configured');
    expect(reasonOf({ empresas: { usa_cti: 1 } })).toBe('cti_not_configured');
    expect(toCtiConfig({ configuracaoCti: newRow({ ip: null, protocolo: undefined }) })).toMatchObject({
      status: 'not_configured',
      missing: ['protocol', 'host'],
    });
  });

  it('takes a row that names only received variables as not configured for dialling, and reads with it', () => {
    const result = toCtiConfig({ configuracaoCti: { nome_variavel_origem: 'from' }, empresas: oldRow() });
    expect(result).toMatchObject({ status: 'not_configured', callback: { originName: 'from' } });
  });

  it.each([9, '1', 0, null, undefined, '', 'dez', '10.0', '010'])(
    'R3 R16 refuses type %j by a reason of its own',
    (tipo) => {
      expect(reasonOf({ configuracaoCti: newRow({ tipo }) })).toBe('unsupported_cti_type');
    },
  );

  it.each([10.5, [10], {}])('refuses type %j, which is neither text nor a whole number', (tipo) => {
    expect(problemsOf({ tipo })).toEqual(['type: not_text']);
  });

  it('tells all problems at once, by field and code, without the values', () => {
    const result = toCtiConfig({
      configuracaoCti: newRow({
        autenticacao: 5,
        tipo: 11,
        ip: 'canary@host',
        porta: 'canary',
        usa_linha: 2,
      }),
    });
    expect(result).toMatchObject({
      status: 'invalid',
      problems: expect.arrayContaining([
        expect.objectContaining({ field: 'authMode', code: 'unknown_auth_mode' }),
        expect.objectContaining({ field: 'type', code: 'unsupported_cti_type' }),
        expect.objectContaining({ field: 'host', code: 'bad_host' }),
        expect.objectContaining({ field: 'port', code: 'bad_port' }),
        expect.objectContaining({ field: 'lineEnabled', code: 'bad_flag' }),
      ]),
    });
    expect(JSON.stringify(result)).not.toContain('canary');
  });
});

describe('whatever the rows hold', () => {
  const anyRow = (columns: object) =>
    fc.oneof(
      fc.dictionary(fc.constantFrom(...Object.keys(columns), '__proto__'), fc.jsonValue()),
      fc.jsonValue(),
    );

  it('R13 never throws, and always says how to read callbacks', () => {
    fc.assert(
      fc.property(anyRow(CONFIGURACAO_CTI_COLUMNS), anyRow(EMPRESAS_COLUMNS), (own, old) => {
        const result = toCtiConfig({
          configuracaoCti: own as ConfiguracaoCtiRow,
          empresas: old as EmpresasRow,
        });
        expect(result.callback.originName).toMatch(/./);
        if (result.status !== 'ok') expect(dialReason.options).toContain(toDialReason(result));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps one bad column from ever reaching a configuration', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('8.080', '10', 'POST', '::1', '*'));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(CONFIGURACAO_CTI_COLUMNS)), text, (column, value) => {
        const result = toCtiConfig({ configuracaoCti: newRow({ [column]: value }) });
        if (result.status === 'ok') expect(escapesIn(result.config)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('survives a round trip through JSON, so it can be cached', () => {
    const result = toCtiConfig({
      configuracaoCti: newRow(),
      settings: { statusMap: { __proto__x: 'busy' } },
    });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });
});
