import {
  CONFIGURACAO_CTI_COLUMNS,
  CTI_NOTICE_CODES,
  type CtiField,
  DEFAULT_CTI_SETTINGS,
  EMPRESAS_COLUMNS,
} from '@ramal/cti';
import { describe, expect, test } from 'vitest';
import { toNoticeColumn } from '../check/notice-column.ts';
import { type Catalog, CATALOGS, fill, type Language } from './catalog.ts';
import { chooseLanguage } from './choose-language.ts';
import { toFindingText } from './finding-text.ts';

const LANGUAGES = Object.keys(CATALOGS) as Language[];
const FIELDS = Object.values(CONFIGURACAO_CTI_COLUMNS) as CtiField[];

/** Every text by its path, such as `notices.bad_port`. */
function flatten(catalog: Catalog): Map<string, string> {
  return new Map(
    Object.entries(catalog).flatMap(([section, texts]) =>
      Object.entries(texts as Record<string, string>).map(
        ([key, text]) => [`${section}.${key}`, text] as const,
      ),
    ),
  );
}

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted();

test('there are Portuguese, English and Spanish', () => {
  expect(LANGUAGES).toEqual(['pt-BR', 'en', 'es']);
});

describe.each(LANGUAGES)('in %s', (language) => {
  const catalog: Catalog = CATALOGS[language];

  test('R29 every notice code, every field and every setting has words', () => {
    expect(Object.keys(catalog.notices).toSorted()).toEqual([...CTI_NOTICE_CODES].toSorted());
    expect(Object.keys(catalog.fields).toSorted()).toEqual(FIELDS.toSorted());
    expect(Object.keys(catalog.settings).toSorted()).toEqual(
      [...Object.keys(DEFAULT_CTI_SETTINGS), 'settings'].toSorted(),
    );
    for (const [path, text] of flatten(catalog)) {
      if (path !== 'convert.kept') expect(text.trim(), path).not.toBe('');
    }
  });

  test('every code about every field is a whole sentence with its column and no gaps', () => {
    for (const field of FIELDS) {
      for (const code of CTI_NOTICE_CODES) {
        const column = toNoticeColumn('empresas', { field, code });
        const text = toFindingText(catalog, { kind: 'notice', severity: 'problem', code, field, column });
        expect(text).toMatch(/^\p{Lu}.* \((empresas\.\w+|configuracao_cti\.\w+)\): .+\.$/u);
        expect(text).not.toMatch(/undefined|\{|\}/);
      }
    }
  });

  test('the same texts with the same placeholders as in English, and no text left untranslated', () => {
    const [own, english] = [flatten(catalog), flatten(CATALOGS.en)];
    expect([...own.keys()].toSorted()).toEqual([...english.keys()].toSorted());
    for (const [path, text] of own) {
      expect(placeholders(text), path).toEqual(placeholders(english.get(path) ?? ''));
      // Several words in a row are never the same in two languages.
      if (language !== 'en' && text.split(' ').length > 3) expect(text, path).not.toBe(english.get(path));
    }
  });
});

test('R30 a notice names the old column its value came from', () => {
  expect(toNoticeColumn('empresas', { field: 'port', code: 'bad_port' })).toBe('empresas.cti_porta');
  expect(toNoticeColumn('empresas', { field: 'lineEnabled', code: 'bad_flag' })).toBe(
    'empresas.cti_usa_zero_ddd',
  );
  expect(toNoticeColumn('empresas', { field: 'lineEnabled', code: 'line_columns_ignored' })).toBe(
    'empresas.cti_usa_linha',
  );
  expect(toNoticeColumn('empresas', { field: 'receivedOriginName', code: 'received_name_assumed' })).toBe(
    'configuracao_cti.nome_variavel_origem',
  );
  expect(toNoticeColumn('configuracao_cti', { field: 'port', code: 'bad_port' })).toBe(
    'configuracao_cti.porta',
  );
  for (const field of FIELDS) {
    const [, column = ''] = toNoticeColumn('empresas', { field, code: 'missing' }).split('.');
    expect({ ...EMPRESAS_COLUMNS, ...CONFIGURACAO_CTI_COLUMNS }).toHaveProperty(column);
  }
});

test('values that look like placeholders or object keys stay text', () => {
  expect(fill('{a} {b} {toString} {__proto__}', { a: '{b}', b: '$&' })).toBe('{b} $& {toString} {__proto__}');
});

test.each([
  [{ LC_ALL: 'pt_BR.UTF-8', LANG: 'es_AR.UTF-8' }, 'pt-BR'],
  [{ LC_ALL: '', LC_MESSAGES: 'es', LANG: 'pt_BR' }, 'es'],
  [{ LANG: 'es_MX.UTF-8' }, 'es'],
  [{ LANG: 'pt_PT' }, 'pt-BR'],
  [{ LANG: 'C.UTF-8' }, 'en'],
  [{ LANG: 'de_DE' }, 'en'],
  [{}, 'en'],
])('R29 the environment %j asks for %s', (env, language) => {
  expect(chooseLanguage(env, undefined)).toBe(language);
  expect(chooseLanguage(env, 'PT-br')).toBe('pt-BR');
});
