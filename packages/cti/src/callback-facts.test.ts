import { callEvent } from '@ramal/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CallbackMapping, toCallbackFacts, toCtiConfig } from './index.ts';

const mapping: CallbackMapping = toCtiConfig({
  configuracaoCti: { nome_variavel_origem: 'src', nome_variavel_destino: 'dst', nome_variavel_audio: 'rec' },
}).callback;

const facts = (variables: Record<string, string>) => toCallbackFacts(mapping, Object.entries(variables));

describe('toCallbackFacts', () => {
  it("R26 R27 R28 reads a callback by the tenant's names", () => {
    expect(
      facts({
        src: '(47) 3210-0123',
        dst: '3501',
        rec: 'https://pbx.example.com/rec/1.wav',
        id: '1700000000.42',
        status: 'NO ANSWER',
        duracao: '75',
        data_hora: '2026-03-01 10:20:30',
        fila: 'vendas',
      }),
    ).toEqual({
      origin: '4732100123',
      destination: '3501',
      recording: 'https://pbx.example.com/rec/1.wav',
      externalCallId: '1700000000.42',
      result: 'no_answer',
      durationSec: 75,
      ctiAtMs: Date.UTC(2026, 2, 1, 13, 20, 30),
      unknownNames: ['fila'],
    });
  });

  it('says nothing about what a callback leaves out or blank', () => {
    expect(facts({ src: ' ', dst: '' })).toEqual({ unknownNames: [] });
    expect(toCallbackFacts(mapping, [])).toEqual({ unknownNames: [] });
  });

  it('R26 takes the name as written first, then in any case, then the next one with a value', () => {
    expect(facts({ SRC: '1111', src: '2222' }).origin).toBe('2222');
    expect(facts({ SRC: '1111' })).toEqual({ origin: '1111', unknownNames: [] });
    expect(facts({ SRC: '1111', src: ' ' }).origin).toBe('1111');
    const twice: [string, string][] = [
      ['src', ''],
      ['src', '3333'],
      ['src', '4444'],
    ];
    expect(toCallbackFacts(mapping, twice).origin).toBe('3333');
  });

  it('threat 10 lists hostile names as unknown and does nothing else with them', () => {
    const hostile: [string, string][] = [
      ['__proto__', '{"polluted":1}'],
      ['constructor', 'x'],
      ['a\r\nb', 'x'],
    ];
    expect(toCallbackFacts(mapping, hostile)).toEqual({ unknownNames: ['__proto__', 'constructor', 'ab'] });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('lists at most 20 unknown names of at most 64 characters', () => {
    const many = Array.from({ length: 50 }, (_, i): [string, string] => [`${i}${'x'.repeat(100)}`, '']);
    const { unknownNames } = toCallbackFacts(mapping, many);
    expect(unknownNames).toHaveLength(20);
    expect(unknownNames.every((name) => name.length === 64)).toBe(true);
  });

  it('tells a status that the map does not know', () => {
    expect(facts({ status: 'TRANSFERIDA' })).toEqual({ unknownStatus: 'TRANSFERIDA', unknownNames: [] });
  });

  it('drops an id that is too long: cut, it could be the id of another call', () => {
    expect(facts({ id: 'x'.repeat(200) }).externalCallId).toHaveLength(200);
    expect(facts({ id: 'x'.repeat(201) }).externalCallId).toBeUndefined();
  });
});

describe('a party', () => {
  it.each([
    ['4732100123', '4732100123'],
    ['+55 (47) 3210-0123', '+554732100123'],
    ['47\r\n32100123', '4732100123'],
    ['sip:3501@10.0.0.5', '3501'],
    ['SIPS:3501@pbx;transport=tls', '3501'],
    ['sip:3501:secret@pbx', '3501'],
    ['tel:+55-47-3210-0123', '+554732100123'],
    ['"Maria Silva" <4732100123>', '4732100123'],
    ['Maria <sip:3501@pbx>;tag=1', '3501'],
    ['PJSIP/3501-0000002a', '3501'],
    ['SIP/3501', '3501'],
    ['*65', '*65'],
    ['fila vendas', 'fila vendas'],
    ['anonymous', undefined],
    ['Anonymous <sip:anonymous@anonymous.invalid>', undefined],
    ['"x" <>', undefined],
    ['UNKNOWN', undefined],
    ['Anônimo', undefined],
    ['', undefined],
  ])('%j is %j', (value, number) => {
    expect(facts({ src: value }).origin).toBe(number);
  });
});

describe('a duration', () => {
  it.each([
    ['0', 0],
    ['75', 75],
    ['75.9', 75],
    ['01:15', 75],
    ['1:01:15', 3675],
    ['00:00:00', 0],
    ['604800', 604_800],
    ['604801', undefined],
    ['999:00:00', undefined],
    ['-5', undefined],
    ['1:75', undefined],
    ['1e3', undefined],
    ['Infinity', undefined],
    ['abc', undefined],
  ])('%j is %j seconds', (value, seconds) => {
    expect(facts({ duracao: value }).durationSec).toBe(seconds);
  });
});

describe('a time', () => {
  const ms = Date.UTC(2026, 2, 1, 13, 20, 30);

  it.each([
    [String(ms / 1000), ms],
    [`${ms / 1000}.25`, ms + 250],
    [String(ms), ms],
    ['2026-03-01T13:20:30Z', ms],
    ['2026-03-01T13:20:30.250Z', ms + 250],
    ['2026-03-01T15:20:30+02:00', ms],
    ['2026-03-01T10:20:30-0300', ms],
    ['2026-03-01T10:20:30', ms],
    ['2026-03-01 10:20:30', ms],
    ['01/03/2026 10:20:30', ms],
    ['1/3/2026, 10:20:30', ms],
    ['01/03/2026 10:20', ms - 30_000],
    ['31/12/2025 22:00:00', Date.UTC(2026, 0, 1, 1)],
    ['31/02/2026 10:00:00', undefined],
    ['03/13/2026 10:00:00', undefined],
    ['2026-03-01 25:00:00', undefined],
    ['0', undefined],
    ['99999999999999', undefined],
    ['1999-12-31T00:00:00Z', undefined],
    ['yesterday', undefined],
  ])('%j is %j', (value, expected) => {
    expect(facts({ data_hora: value }).ctiAtMs).toBe(expected);
  });
});

describe('a recording', () => {
  it.each([
    'https://pbx.example.com/a%20b.wav?x=1',
    'HTTP://10.0.0.5:8080/1.wav',
    '/var/spool/monitor/1.wav',
    'rec/2026/1.wav',
    '2026-03-01_10:20:30.wav',
    'C:\\rec\\1.wav',
  ])('R28 takes %j', (value) => {
    expect(facts({ rec: value }).recording).toBe(value);
  });

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' data:text/html,x',
    'file:///etc/passwd',
    'ftp://pbx/1.wav',
    'http:/x',
    'http://',
    '//evil.example/1.wav',
    '\\\\evil\\1.wav',
    'rec/1\r\n.wav',
    `/${'x'.repeat(2048)}`,
  ])('R28 threat 10 leaves out %j', (value) => {
    expect(facts({ rec: value }).recording).toBeUndefined();
  });
});

describe('whatever a callback holds', () => {
  const names = ['src', 'SRC', 'dst', 'rec', 'id', 'status', 'duracao', 'data_hora', '__proto__'];
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789:/-. T+Z<>"@;sip*#\r\n')), maxLength: 40 }),
    fc.webUrl(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.constant('😀'.repeat(3000)),
  );
  const variables = fc.array(
    fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string({ unit: 'binary' })), value),
    { maxLength: 12 },
  );

  it('threat 10: toCallbackFacts never throws, and its facts always fit the contract', () => {
    fc.assert(
      fc.property(variables, (list) => {
        const { unknownNames, unknownStatus, ctiAtMs, ...said } = toCallbackFacts(mapping, list);
        const event = {
          type: 'call.ended',
          eventId: '018f4c1e-0000-8000-8000-000000000000',
          callId: '018f4c1e-0000-7000-8000-000000000000',
          tenant: 't',
          at: 0,
          direction: 'unknown',
          matchedBy: 'created',
          ...said,
          ...(ctiAtMs === undefined ? {} : { ctiAt: ctiAtMs }),
        };
        expect(callEvent.safeParse(event).success).toBe(true);
        const texts = JSON.stringify([said, unknownNames, unknownStatus]).replaceAll('\\\\', '');
        expect(texts).not.toMatch(/\\[a-z]/);
      }),
      { numRuns: 2000 },
    );
  });
});
