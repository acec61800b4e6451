import { describe, expect, it } from 'vitest';
import { type AnswerRules, foldText, toAnswerRules } from './answer-rules.ts';
import { USUAL_TEXTS } from './answer-texts.ts';
import { CtiSettingsInvalidError, parseCtiSettings, readAnswer } from './index.ts';

const NO_RULES: AnswerRules = { id: '', reasons: [] };
const rulesOf = (settings: object): AnswerRules =>
  toAnswerRules({ answerId: '', answerReasons: {}, ...parseCtiSettings(settings) } as Parameters<
    typeof toAnswerRules
  >[0]);
const read = (
  body: string | Uint8Array,
  settings: object = {},
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string | string[]> } = {},
) => {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return readAnswer({ status, headers, body: bytes }, rulesOf(settings));
};

describe("the CTI's id of the call", () => {
  it.each([
    ['{"call":{"id":"a-1"}}', '/call/id', 'a-1'],
    ['\uFEFF{"call":{"id":" a-1 "}}', '/call/id', 'a-1'],
    ['{"id":42}', '/id', '42'],
    // As it is written: no digit is lost, no zero dropped.
    ['{"id":12345678901234567890123}', '/id', '12345678901234567890123'],
    ['{"id":1732312345.120}', '/id', '1732312345.120'],
    ['{"a":"1, 2","id":-1e5}', '/id', '-1e5'],
    [String.raw`{"a\"":"\\\" 7","id":"\u0061"}`, '/id', 'a'],
    ['[{"id":"x"},{"id":"y"}]', '/1/id', 'y'],
    ['{"a/b":{"m~n":"z"}}', '/a~1b/m~0n', 'z'],
    ['{"":{"id":"e"}}', '//id', 'e'],
  ])('in JSON: %s at %s', (body, pointer, externalCallId) => {
    expect(read(body, { answerId: { pointer } })).toEqual({ externalCallId });
  });

  it.each([
    ['{"call":{}}', '/call/id'],
    ['{"call":null}', '/call/id'],
    ['{"call":"id"}', '/call/length'],
    ['{"id":{"deep":1}}', '/id'],
    ['{"id":null}', '/id'],
    ['{"id":true}', '/id'],
    ['{"id":""}', '/id'],
    ['{"id":"  \\n"}', '/id'],
    [`{"id":"${'9'.repeat(201)}"}`, '/id'],
    ['{}', '/__proto__/constructor'],
    ['{}', '/toString'],
    ['[]', '/length'],
    ['["a"]', '/-'],
    ['{"id":"1"', '/id'],
    ['<html>', '/id'],
    ['', '/id'],
    ['['.repeat(60_000), '/0'],
  ])('is not made up: %s at %s', (body, pointer) => {
    expect(read(body, { answerId: { pointer } })).toEqual({});
  });

  it('in a header, whatever its case', () => {
    const answerId = { header: 'X-Call-Id' };
    expect(read('', { answerId }, { headers: { 'x-call-id': ' 17.4 ' } })).toEqual({
      externalCallId: '17.4',
    });
    expect(read('', { answerId }, { headers: { 'x-call-id': ['17.4', '17.5'] } })).toEqual({
      externalCallId: '17.4',
    });
    expect(read('', { answerId })).toEqual({});
    expect(read('', { answerId: { header: 'constructor' } })).toEqual({});
  });

  it.each([
    ['<r><id>17</id></r>', '<id>', '</id>', '17'],
    ['Response: Success\r\nUniqueid: 17.4\r\n', 'Uniqueid: ', '', '17.4'],
    ['17.4\n', '', '', '17.4'],
    ['17.4', '', '', '17.4'],
    ['OK|17|x', '|', '|', '17'],
    // Literal: what would mean something to an expression does not.
    ['(a+)+$17$', '(a+)+$', '$', '17'],
    ['<id></id>', '<id>', '</id>', undefined],
    ['<id>17', '<id>', '</id>', undefined],
    ['id=17', 'ID=', '', undefined],
  ])('between two texts: %j', (body, before, after, id) => {
    expect(read(body, { answerId: { before, after } })).toEqual(
      id === undefined ? {} : { externalCallId: id },
    );
  });

  it.each([199, 300, 302, 400, 404, 500, 503])('is not read of an answer %s', (status) => {
    expect(read('17', { answerId: { before: '', after: '' } }, { status })).toEqual({});
  });

  it('is not looked for where the tenant does not say where', () => {
    expect(readAnswer({ status: 200, headers: {}, body: new Uint8Array([49, 55]) }, NO_RULES)).toEqual({});
  });
});

describe('why there is no call', () => {
  const answerReasons = {
    'Ramal fora do ar': 'ramal_offline',
    ocupado: 'ramal_busy',
    'tronco ocupado': 'cti_busy',
    'Número não permitido': 'number_rejected',
  };

  it.each([200, 201, 302, 400, 401, 404, 500, 503])("a tenant's own texts count for %s", (status) => {
    expect(read('<h1>RAMAL  FORA\r\nDO AR</h1>', { answerReasons }, { status })).toEqual({
      reason: 'ramal_offline',
    });
  });

  it('of several the longest counts, whatever the order', () => {
    expect(read('erro: tronco ocupado', { answerReasons })).toEqual({ reason: 'cti_busy' });
    expect(read('erro: ocupado', { answerReasons })).toEqual({ reason: 'ramal_busy' });
  });

  it.each([
    ['UTF-8', new TextEncoder().encode('número NÃO permitido'), {}],
    [
      'ISO-8859-1, told',
      Buffer.from('número não permitido', 'latin1'),
      { 'content-type': 'text/html; charset=ISO-8859-1' },
    ],
    ['ISO-8859-1, not told', Buffer.from('número não permitido', 'latin1'), {}],
    [
      'ISO-8859-1 that says UTF-8',
      Buffer.from('número não permitido', 'latin1'),
      { 'content-type': 'text/plain; charset=utf-8' },
    ],
    ['the escapes of JSON', String.raw`{"erro":"N\u00FAmero n\u00e3o permitido"}`, {}],
    ['the entities of HTML', 'N&uacute;mero n&atilde;o permitido', {}],
    ['the numbers of HTML', 'N&#250;mero n&#227;o permitido', {}],
    ['no accents at all', 'numero nao permitido', {}],
  ])('in %s', (_, body, headers) => {
    expect(read(body, { answerReasons }, { headers })).toEqual({ reason: 'number_rejected' });
  });

  it('an answer that was cut inside a character is UTF-8 still', () => {
    const cut = new TextEncoder().encode('número não permitido €').slice(0, -1);
    expect(read(cut, { answerReasons })).toEqual({ reason: 'number_rejected' });
  });

  it('a refusal that says 200 has no call id', () => {
    const answerId = { before: 'id=', after: ';' };
    expect(read('id=17; ramal fora do ar', { answerId, answerReasons })).toEqual({ reason: 'ramal_offline' });
  });

  it.each([
    ['Ramal não registrado', 'ramal_offline'],
    ['{"error":"Extension is busy"}', 'ramal_busy'],
    ['{"mensagem":"N\\u00famero inv\\u00e1lido"}', 'number_rejected'],
    ['Extensión no registrada', 'ramal_offline'],
    ['Contraseña incorrecta', 'cti_auth_failed'],
    ['Invalid destination', 'number_rejected'],
    ['Not found', undefined],
    ['busy', undefined],
  ])('the usual texts count for 4xx alone: %s', (body, reason) => {
    expect(read(body, {}, { status: 422 })).toEqual(reason === undefined ? {} : { reason });
    for (const status of [200, 302, 500, 503]) expect(read(body, {}, { status })).toEqual({});
  });

  it("a tenant's own texts go before the usual ones", () => {
    const own = { answerReasons: { ramal: 'cti_rejected' } };
    expect(read('ramal ocupado', own, { status: 400 })).toEqual({ reason: 'cti_rejected' });
  });

  it('the usual texts are folded, and none is part of another that means something else', () => {
    for (const [text, reason] of USUAL_TEXTS) {
      expect(foldText(text)).toBe(text);
      const clash = USUAL_TEXTS.find(([other, its]) => text.includes(other) && its !== reason);
      expect(clash).toBeUndefined();
    }
  });

  it('is not looked for in what is packed', () => {
    expect(read('ocupado', { answerReasons }, { headers: { 'content-encoding': 'gzip' } })).toEqual({});
    expect(read('ocupado', { answerReasons }, { headers: { 'content-encoding': 'identity' } })).toEqual({
      reason: 'ramal_busy',
    });
  });
});

describe('the settings', () => {
  it.each([
    { answerId: '' },
    { answerId: { pointer: '/call/id' } },
    { answerId: { header: 'x-call-id' } },
    { answerId: { before: '<id>', after: '</id>' } },
    { answerReasons: { 'fora do ar': 'ramal_offline', NO: 'cti_busy' } },
  ])('%j are taken', (settings) => {
    expect(parseCtiSettings(settings)).toEqual(settings);
  });

  it.each([
    ['answerId', 'id'],
    ['answerId', {}],
    ['answerId', { pointer: 'call/id' }],
    ['answerId', { pointer: '/a~2' }],
    ['answerId', { pointer: '/a', header: 'b' }],
    ['answerId', { header: 'x call' }],
    ['answerId', { header: 'x\r\nevil' }],
    ['answerId', { before: 'a' }],
    ['answerId', { before: 'a'.repeat(201), after: '' }],
    ['answerId', { regex: '(a+)+$' }],
    ['answerReasons', { 'fora do ar': 'deadline_passed' }],
    ['answerReasons', { 'fora do ar': 'cti_error' }],
    ['answerReasons', { x: 'ramal_busy' }],
    ['answerReasons', { '': 'ramal_busy' }],
    ['answerReasons', { '   ': 'ramal_busy' }],
    ['answerReasons', { [`a${'b'.repeat(200)}`]: 'ramal_busy' }],
    ['answerReasons', Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`text ${i}`, 'ramal_busy']))],
    ['answerReasons', ['ramal_busy']],
  ])('%s %j is refused', (field, value) => {
    expect(() => parseCtiSettings({ [field]: value })).toThrow(CtiSettingsInvalidError);
    expect(() => parseCtiSettings({ [field]: value })).toThrow(field);
  });
});
