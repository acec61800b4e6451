import { CLIENT_OPS, connectionEvent, inboxEvent } from '@ramal/contracts';
import { describe, expect, it } from 'vitest';
import { chooseDialect, RAMAL_V1 } from './choose-dialect.ts';
import { createLegacyDialect, fromLegacyName, LEGACY_ACTIONS, toLegacyName } from './legacy-dialect.ts';
import { FrameInvalidError } from './parse-frame.ts';

const POPUP_KINDS = ['start', 'incoming', 'end'] as const;
const SERVER_OPS = [
  'ack',
  'error',
  ...[...inboxEvent.options, ...connectionEvent.options].map((option) => option.shape.op.value),
];
const LOGIN = {
  action: 'login',
  auth: { login: 'ana', passwd: 's3nha' },
  params: { tenant: 'demo', ramal: '3501' },
};

const parse = (message: unknown) => createLegacyDialect().parse(JSON.stringify(message));
const encode = (frame: object) =>
  JSON.parse(createLegacyDialect().encode(JSON.stringify(frame))) as Record<string, unknown>;

function refusal(message: unknown): FrameInvalidError {
  try {
    parse(message);
  } catch (error) {
    if (error instanceof FrameInvalidError) return error;
  }
  throw new Error('a refusal was expected');
}

describe('R47 the table of names', () => {
  it.each(SERVER_OPS.filter((op) => op !== 'popup.show'))('has a name for %s, and leads back to it', (op) => {
    const name = toLegacyName(op);
    expect(name).not.toBeNull();
    expect(fromLegacyName(name ?? '')).toMatchObject({ from: 'server', op });
  });

  it.each(POPUP_KINDS)('R46 has a name of its own for the %s pop-up, and leads back to it', (kind) => {
    const name = toLegacyName('popup.show', kind);
    expect(name).toBe(`popup_${kind}`);
    expect(fromLegacyName(name ?? '')).toMatchObject({ from: 'server', op: 'popup.show', kind });
  });

  it.each(CLIENT_OPS)('lets a client ask for %s', (op) => {
    const names = Object.values(LEGACY_ACTIONS).filter((action) => action.op === op);
    expect(names).toHaveLength(1);
    expect(names[0]).toMatchObject({ from: 'client' });
  });

  it('calls nothing public but login and logout', () => {
    const open = Object.entries(LEGACY_ACTIONS).filter(([, { origin }]) => origin === 'public');
    expect(open.map(([name]) => name)).toEqual(['login', 'logout']);
  });

  it.each(['__proto__', 'constructor', 'toString', 'LOGIN', ''])('does not know %j', (name) => {
    expect(fromLegacyName(name)).toBeNull();
    expect(toLegacyName(name)).toBeNull();
  });
});

describe('R47 the first message', () => {
  it.each([JSON.stringify(LOGIN), '{"action":"logout"}', '{"action":1}'])(
    '%s is of the legacy dialect',
    (text) => {
      expect(chooseDialect(text).firstMessage).toBe('login');
    },
  );

  it.each([
    '{"op":"auth","id":1,"data":{"token":"x"}}',
    '{"op":"auth","action":"login"}',
    '{',
    '[]',
    'null',
    '1',
  ])('%s is of ramal.v1', (text) => {
    expect(chooseDialect(text)).toBe(RAMAL_V1);
  });
});

describe('R47 login', () => {
  it('says who logs in, for which company and extension', () => {
    expect(parse(LOGIN)).toMatchObject({
      op: 'login',
      data: { tenant: 'demo', user: 'ana', passwd: 's3nha', ramal: '3501' },
    });
  });

  it('may name the extension as a number, or leave it out', () => {
    expect(parse({ ...LOGIN, params: { tenant: 'demo', ramal: 3501 } })).toMatchObject({
      data: { ramal: '3501' },
    });
    expect(parse({ ...LOGIN, params: { tenant: 'demo' } })).toMatchObject({ data: { ramal: undefined } });
  });

  it.each([
    ['no auth', { auth: undefined }],
    ['an empty password', { auth: { login: 'ana', passwd: '' } }],
    ['a password that is an object', { auth: { login: 'ana', passwd: {} } }],
    ['no company', { params: { ramal: '3501' } }],
    ['an extension of letters', { params: { tenant: 'demo', ramal: 'abc' } }],
  ])('with %s is refused, without a word of what it held', (_what, change) => {
    const error = refusal({ ...LOGIN, ...change });
    expect(error.code).toBe('bad_frame');
    expect(error.message).not.toContain('s3nha');
  });
});

describe('R47 what a client asks', () => {
  it('is the frame of ramal.v1', () => {
    const popupId = '0199c82c-c000-7000-8000-000000000001';
    expect(parse({ action: 'dial', params: { intentId: 'click-1', to: '(47) 3210-0123' } })).toMatchObject({
      op: 'dial',
      data: { intentId: 'click-1', to: '4732100123' },
    });
    expect(parse({ action: 'dial_cancel', params: { intentId: 'click-1' } })).toMatchObject({
      op: 'dial.cancel',
      data: { intentId: 'click-1' },
    });
    expect(parse({ action: 'popup_dismiss', params: { popupId } })).toMatchObject({
      op: 'popup.dismiss',
      data: { popupId },
    });
    expect(parse({ action: 'refresh', params: { token: 'x' } })).toMatchObject({ op: 'auth.refresh' });
  });

  it('a dial without an intentId is a click of its own', () => {
    const dialect = createLegacyDialect();
    const text = JSON.stringify({ action: 'dial', params: { to: '190' } });
    const intents = [dialect.parse(text), dialect.parse(text)].map(
      (frame) => (frame.data as { intentId: string }).intentId,
    );
    expect(new Set(intents).size).toBe(2);
  });

  it('a logout may carry whatever old clients send with it', () => {
    expect(parse({ ...LOGIN, action: 'logout' })).toMatchObject({ op: 'logout' });
    expect(parse({ action: 'logout', params: [1] })).toMatchObject({ op: 'logout' });
  });

  it.each([
    ['an unknown action', { action: 'hack' }, 'unknown_op'],
    ['an action of every object', { action: 'constructor' }, 'unknown_op'],
    ['an answer of ours', { action: 'popup_start' }, 'unknown_op'],
    ['a dial without a number', { action: 'dial', params: {} }, 'bad_frame'],
    ['a dial of letters', { action: 'dial', params: { to: 'drop table' } }, 'bad_frame'],
    ['no action', { op: 'ping', id: 1 }, 'bad_frame'],
    ['an array', [], 'bad_frame'],
    ['null', null, 'bad_frame'],
  ])('%s is refused', (_what, message, code) => {
    expect(refusal(message).code).toBe(code);
  });

  it('is told what is wrong in its own words', () => {
    expect(refusal({ action: 'dial', params: { to: 'x' } }).message).toMatch(/^params\.to: /);
    expect(refusal({ action: 'hack' }).message).toContain('login');
  });
});

describe('R47 what a client is told', () => {
  it('an answer says what it answers, with the client’s own id where it sent one', () => {
    const dialect = createLegacyDialect();
    const ask = (message: object) => dialect.parse(JSON.stringify(message)).id;
    const answer = (frame: object) => JSON.parse(dialect.encode(JSON.stringify(frame))) as unknown;
    const [ping, dial] = [
      ask({ action: 'ping', id: 'p' }),
      ask({ action: 'dial', params: { intentId: 'a', to: '190' } }),
    ];
    expect(answer({ op: 'error', replyTo: dial, data: { code: 'cti_disabled' } })).toEqual({
      action: 'error',
      reply_to: 'dial',
      params: { code: 'cti_disabled' },
    });
    expect(answer({ op: 'ack', replyTo: ping, data: { ts: 1 } })).toEqual({
      action: 'ack',
      reply_to: 'ping',
      id: 'p',
      params: { ts: 1 },
    });
    const login = ask({ ...LOGIN, id: 7 });
    expect(login).toBeDefined();
    expect(answer({ op: 'ready', ts: 5, data: { agent: {} } })).toMatchObject({
      action: 'logged_in',
      reply_to: 'login',
      id: 7,
      ts: 5,
    });
  });

  it('a pop-up keeps its number, its time and all its data under its legacy name', () => {
    const data = { popupId: 'x', kind: 'incoming', peer: { raw: '47' } };
    expect(encode({ op: 'popup.show', seq: 4, ts: 9, data })).toEqual({
      action: 'popup_incoming',
      seq: 4,
      ts: 9,
      params: data,
    });
  });
});
