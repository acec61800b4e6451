import { WireError } from '@ramal/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readVariables } from './read-variables.ts';

const FORM = 'application/x-www-form-urlencoded';
const read = (query: string, contentType = '', body: string | Buffer | null = null) =>
  readVariables(query, contentType, body === null ? null : Buffer.from(body as string));
const pairs = (entries: Record<string, string>) => Object.entries(entries);

describe('the variables of a callback', () => {
  it.each<[string, string, string, string | Buffer | null, Record<string, string>]>([
    ['a query', 'origem=47&destino=3501', '', null, { origem: '47', destino: '3501' }],
    ['nothing', '', '', null, {}],
    ['an empty body', 'a=1', 'application/json', '', { a: '1' }],
    ['a body of blanks called JSON', 'a=1', 'application/json', '\r\n ', { a: '1', '\r\n ': '' }],
    ['a form', 'a=1', FORM, 'b=2&c=%C3%A9+x', { a: '1', b: '2', c: 'é x' }],
    ['a form with a charset', '', `${FORM}; charset=utf-8`, 'b=é', { b: 'é' }],
    [
      'a form of ISO-8859-1',
      '',
      `${FORM}; charset="ISO-8859-1"`,
      Buffer.from('b=\xe9', 'latin1'),
      { b: 'é' },
    ],
    ['escapes of ISO-8859-1', 'nome=Jo%E3o&x=%C3%A3', '', null, { nome: 'João', x: 'ã' }],
    ['a form that begins like JSON', '', FORM, '{"a"=1', { '{"a"': '1' }],
    ['JSON', '', 'application/json', '{"a":1,"b":"x","c":true,"d":null}', { a: '1', b: 'x', c: 'true' }],
    ['JSON of a vendor', '', 'application/vnd.pbx+json', '{"a":1}', { a: '1' }],
    ['JSON with a byte order mark', '', 'application/json', '\ufeff{"a":1}', { a: '1' }],
    ['JSON called text', '', 'text/plain', ' {"a":1}', { a: '1' }],
    ['JSON called nothing', '', '', '[{"a":1}]', { '0.a': '1' }],
    ['a form called JSON', '', 'application/json', 'a=1&b=2', { a: '1', b: '2' }],
    ['a form called nothing', '', '', 'a=1', { a: '1' }],
    [
      'nested JSON',
      '',
      'application/json',
      '{"call":{"id":7,"to":[{"n":1}]}}',
      { 'call.id': '7', 'call.to.0.n': '1' },
    ],
    [
      'an address with a query of its own',
      'audio=http://h/r?id=5&destino=3',
      '',
      null,
      { audio: 'http://h/r?id=5', destino: '3' },
    ],
    ['a broken escape', 'a=%ZZ&b=100%', '', null, { a: '%ZZ', b: '100%' }],
    ['names of every object', '__proto__=1&constructor=2', '', null, { constructor: '2' }],
  ])('%s', (_, query, contentType, body, expected) => {
    const variables = read(query, contentType, body).filter(([name]) => name !== '__proto__');
    expect(variables).toEqual(pairs(expected));
  });

  it('the query comes before the body', () => {
    expect(read('a=1', FORM, 'a=2')).toEqual([
      ['a', '1'],
      ['a', '2'],
    ]);
  });

  it.each(['{', '{"a":', '[1,', '{"a":1}}', '{a:1}'])('broken JSON is told: %s', (body) => {
    expect(() => read('', 'application/json', body)).toThrow(WireError);
  });

  it('what is too deep or too much is left out', () => {
    const deep = '{"a":'.repeat(50) + '1' + '}'.repeat(50);
    expect(read('', 'application/json', deep)).toEqual([]);
    const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i])));
    expect(read('x=1', 'application/json', wide)).toHaveLength(200);
    expect(read(Array.from({ length: 500 }, (_, i) => `k${i}=1`).join('&'))).toHaveLength(200);
  });

  it('threat 10 pairs of text come out, or a refusal, whatever goes in', () => {
    const type = fc.constantFrom('', FORM, 'application/json', 'text/xml', 'x; charset=latin1', ';;=');
    const body = fc.oneof(
      fc.json({ maxDepth: 2 }).map((text) => Buffer.from(text)),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.string(), type, body, (query, contentType, bytes) => {
        let variables: ReturnType<typeof readVariables> = [];
        try {
          variables = readVariables(query, contentType, bytes);
        } catch (error) {
          expect((error as WireError).code).toBe('bad_request');
        }
        for (const pair of variables) expect(pair.map((text) => typeof text)).toEqual(['string', 'string']);
      }),
      { numRuns: 150 },
    );
  });
});
