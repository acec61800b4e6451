import { expect, test } from 'vitest';
import { compareConfiguracaoCtiRows } from './compare-rows.ts';
import { inspectCtiRows } from './inspect-cti-rows.ts';
import { maskPath } from './mask-originate.ts';
import { toCtiConfig } from './cti-config.ts';

/** The manual's example (R14). */
const EMPRESAS = {
  usa_cti: 1,
  cti_autenticacao: 1,
  cti_tipo: 10,
  cti_protocolo: 'https',
  cti_ip: 'demo.integracaocto.com.br',
  cti_porta: '8.080',
  cti_caminho: 'api/clicktodial',
  cti_usa_linha: 0,
  cti_numero_linha: '0',
  cti_usa_zero_ddd: 0,
  cti_nome_origem: 'origem',
  cti_nome_destino: 'destino',
};

test('R30 a sound row comes to the same configuration as a dial uses', () => {
  const inspected = inspectCtiRows({ empresas: EMPRESAS });
  const dialled = toCtiConfig({ empresas: EMPRESAS });
  expect(inspected).toMatchObject({ source: 'empresas', enabled: true, authMode: 1, problems: [] });
  expect(dialled.status === 'ok' && dialled.config).toEqual(inspected.config);
  expect(dialled.status === 'ok' && dialled.warnings).toEqual(inspected.warnings);
});

test('R1 a tenant that is switched off is still told everything else', () => {
  const { enabled, problems, authMode } = inspectCtiRows({
    empresas: { ...EMPRESAS, usa_cti: 0, cti_porta: '99999', cti_tipo: 9 },
  });
  expect(enabled).toBe(false);
  expect(authMode).toBe(1);
  expect(problems.map(({ code }) => code).toSorted()).toEqual(['bad_port', 'unsupported_cti_type']);
});

test('R13 nothing stored is no source and no warnings', () => {
  expect(inspectCtiRows({})).toMatchObject({ source: null, enabled: true, warnings: [] });
  expect(inspectCtiRows({ configuracaoCti: { ip: ' ' }, empresas: null }).source).toBeNull();
});

test('R30 rows compare by what they say, not by the type a driver hands over', () => {
  expect(compareConfiguracaoCtiRows({ tipo: 10, ip: null }, { tipo: '10', ip: ' ' })).toEqual([]);
  expect(compareConfiguracaoCtiRows({ porta: '8.080' }, { porta: '8081', ip: 'x' })).toEqual([
    { column: 'ip', before: undefined, after: 'x' },
    { column: 'porta', before: '8.080', after: '8081' },
  ]);
});

test('I8 a key inside a configured path is hidden, the rest stays', () => {
  expect(maskPath('api/dial?apikey=abc&sala=2')).toBe('api/dial?apikey=***&sala=2');
  expect(maskPath('api/dial')).toBe('api/dial');
});
