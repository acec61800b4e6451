import { describe, expect, test } from 'vitest';
import { toBaseUrl, toWsdl } from './wsdl.ts';
import { parseXml } from './xml-elements.ts';

test('R39 R40 the WSDL is well-formed and holds the address escaped', () => {
  for (const name of ['ConsultaRamal', 'FinalizaLigacao'] as const) {
    const wsdl = toWsdl(name, 'https://pbx.example/a?b=1&c="<2>"');
    const { children } = parseXml(wsdl);
    expect(children.map((child) => child.name)).toEqual([
      'types',
      'message',
      'message',
      'portType',
      'binding',
      'service',
    ]);
    expect(wsdl).toContain('location="https://pbx.example/a?b=1&amp;c=&quot;&lt;2&gt;&quot;"');
  }
});

describe('the address in the WSDL', () => {
  test.each(['pbx.example', 'pbx.example:8443', '127.0.0.1:4200', '[::1]:4200'])(
    'may be the Host %s',
    (host) => {
      expect(toBaseUrl(undefined, host)).toBe(`http://${host}`);
    },
  );

  test.each([
    undefined,
    '',
    'a/b',
    'a"b',
    'a@b',
    'a<b',
    'a b',
    '-a',
    'a:x',
    'a:123456',
    '[x]',
    `${'a'.repeat(300)}`,
  ])('is never the Host %j', (host) => {
    expect(() => toBaseUrl(undefined, host)).toThrow('Host');
  });

  test('is the configured one where there is one', () => {
    expect(toBaseUrl('https://cti.example/', 'evil"')).toBe('https://cti.example');
  });
});
