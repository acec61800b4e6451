import type { z } from 'zod';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  callContext,
  callEvent,
  callsQuery,
  CLIENT_OPS,
  clientFrame,
  CLOSE,
  connectionEvent,
  dialJob,
  dialRequest,
  dialTarget,
  ERROR_CODES,
  inboxEvent,
  intentId,
  ramal,
  sessionRequest,
  tenantId,
  toUuidV7,
  userId,
} from './index.ts';

const CALL_ID = toUuidV7(1_700_000_000_000, new Uint8Array(10));
const EVENT_ID = '6f1b1c1e-8d7a-4c55-9b1e-000000000001';
const accepts = (schema: z.ZodType, value: unknown) => expect(schema.safeParse(value).error).toBeUndefined();
const refuses = (schema: z.ZodType, value: unknown) => expect(schema.safeParse(value).success).toBe(false);

describe('ids', () => {
  it.each(['acme', '__proto__', ':', '{}', '*', '\u{1f600}', 'a'.repeat(128)])(
    'threat 6 a tenant or user may be called %j',
    (id) => {
      accepts(tenantId, id);
      accepts(userId, id);
    },
  );
  it.each(['', 'a'.repeat(129), 'a\0', '\ud800', 'b\udfff', 1, null, undefined, ['acme']])(
    'no tenant or user is called %j',
    (id) => {
      refuses(tenantId, id);
      refuses(userId, id);
    },
  );
  it.each(['1', '3501', '*65', '#1', '9'.repeat(20)])('R33 %j is an extension', (id) => accepts(ramal, id));
  it.each(['', '9'.repeat(21), '35 01', '+3501', '35a', '３５'])('R33 %j is no extension', (id) =>
    refuses(ramal, id),
  );
  it.each(['a', 'A.b_c:d-9', 'x'.repeat(64)])('I1 %j is an intentId', (id) => accepts(intentId, id));
  it.each(['', 'x'.repeat(65), 'a b', 'a/b', 'ü', '{a}', 'a\n'])('I1 %j is no intentId', (id) =>
    refuses(intentId, id),
  );
});

describe('threat 1 what may be dialled', () => {
  it.each([
    ['4732100123', '4732100123'],
    ['(47) 3210-0123', '4732100123'],
    ['+55 47 99999.0000', '+5547999990000'],
    ['*65', '*65'],
    ['190', '190'],
    ['\t47\u00a03210', '473210'],
  ])('%j is dialled as %s', (raw, dialled) => {
    expect(dialTarget.parse(raw)).toBe(dialled);
  });
  it.each([
    '',
    '1',
    '4'.repeat(21),
    '47a',
    '47+55',
    '++55',
    '47;ext=1',
    '47,,1',
    '４７３２',
    '47\r\n1x',
    '() -',
    12,
  ])('%j is refused', (raw) => refuses(dialTarget, raw));
  it('nothing else ever comes out, whatever goes in', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...Array.from('0123456789+*#() -.\t\r\na&=%')) }),
    );
    fc.assert(
      fc.property(text, (raw) => {
        const parsed = dialTarget.safeParse(raw);
        if (parsed.success) expect(parsed.data).toMatch(/^\+?[0-9*#]{2,20}$/);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the context of a dial', () => {
  it('is at most 20 short strings', () => {
    accepts(callContext, { ticket: '42', empty: '' });
    accepts(callContext, Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, 'v'])));
    refuses(callContext, Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`k${i}`, 'v'])));
    refuses(callContext, { long: 'v'.repeat(513) });
    refuses(callContext, { ['k'.repeat(65)]: 'v' });
    refuses(callContext, { '': 'v' });
    refuses(callContext, { nested: { a: 'b' } });
    refuses(callContext, { number: 1 });
  });

  it.each([{ a: '\0' }, { 'a\0': 'b' }, { a: '\ud83d' }, { 'a\udc00': 'b' }])(
    'R43 %j is refused: the call could not be stored with it',
    (context) => refuses(callContext, context),
  );

  it('accepts emoji, and pollutes nothing with a hostile key', () => {
    const parsed = callContext.parse(JSON.parse('{"__proto__":"x","mood":"\u{1f600}"}'));
    expect(parsed['mood']).toBe('\u{1f600}');
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('client frames', () => {
  const frames: Record<string, unknown> = {
    auth: { token: 't', resume: { epoch: 'e', seq: 0 }, tab: 'tab-1', focused: false },
    'auth.refresh': { token: 't' },
    dial: { intentId: 'i', to: '4732100123', context: { a: 'b' } },
    'dial.cancel': { intentId: 'i' },
    'popup.seen': { popupId: EVENT_ID },
    'popup.dismiss': { popupId: EVENT_ID },
    focus: undefined,
    sync: {},
    ping: undefined,
    logout: {},
  };

  it('knows exactly the operations of the protocol', () => {
    expect([...CLIENT_OPS].toSorted()).toEqual(Object.keys(frames).toSorted());
  });
  it.each(Object.entries(frames))('accepts %s', (op, data) => {
    accepts(clientFrame, { op, id: 1, data });
    accepts(clientFrame, { op, id: 'a', data });
  });
  it.each(Object.entries(frames))('refuses %s without a usable id', (op, data) => {
    for (const id of [undefined, null, '', 'x'.repeat(65), 1.5, {}, [], true])
      refuses(clientFrame, { op, id, data });
  });
  it.each([
    { op: 'auth', id: 1, data: { token: '' } },
    { op: 'auth', id: 1, data: { token: 'x'.repeat(8193) } },
    { op: 'auth', id: 1, data: { token: 't', resume: { epoch: 'e', seq: -1 } } },
    { op: 'auth', id: 1, data: { token: 't', resume: { epoch: 'e', seq: 1.5 } } },
    { op: 'auth', id: 1, data: { token: 't', resume: { epoch: '', seq: 1 } } },
    { op: 'auth', id: 1, data: { token: 't', tab: '' } },
    { op: 'auth', id: 1, data: { token: 't', tab: 'a b' } },
    { op: 'auth', id: 1, data: { token: 't', tab: 'x'.repeat(65) } },
    { op: 'dial', id: 1, data: { intentId: 'i', to: 'x' } },
    { op: 'dial', id: 1, data: { to: '4732100123' } },
    { op: 'popup.seen', id: 1, data: { popupId: 'p' } },
    { op: 'constructor', id: 1, data: {} },
    { op: '__proto__', id: 1, data: {} },
    { op: 'toString', id: 1, data: {} },
  ])('refuses %j', (frame) => refuses(clientFrame, frame));
});

describe('call events', () => {
  const base = { eventId: EVENT_ID, tenant: 'acme', callId: CALL_ID, at: 1 };
  const dial = { ...base, user: 'ana', ramal: '3501', intentId: 'i' };
  const callback = { ...base, direction: 'inbound', matchedBy: 'created' };
  const events = [
    { ...dial, type: 'call.requested', direction: 'outbound', peer: '47', via: 'agent' },
    { ...dial, type: 'dial.requesting', attempt: 1 },
    { ...dial, type: 'dial.accepted', status: 200, latencyMs: 0 },
    { ...dial, type: 'dial.failed', reason: 'cti_rejected', status: 404 },
    { ...dial, type: 'dial.expired', reason: 'deadline_passed' },
    { ...dial, type: 'dial.uncertain', reason: 'cti_timeout' },
    { ...dial, type: 'dial.canceled', reason: 'canceled_by_agent' },
    { ...callback, type: 'call.incoming', ramal: '3501', user: 'ana', peer: '47' },
    { ...callback, type: 'call.answered', caller: { ramal: '3502' } },
    { ...callback, type: 'call.ended', result: 'completed', durationSec: 0, popupSkipped: 'ramal_unknown' },
    { ...callback, type: 'call.recording', recording: 'https://pbx.example/1.wav' },
    { ...base, type: 'call.reaped' },
    { ...base, type: 'popup.seen', user: 'ana', popupId: EVENT_ID },
    { ...base, type: 'popup.dismissed', user: 'ana', popupId: EVENT_ID },
  ];
  it.each(events)('accepts $type', (event) => {
    accepts(callEvent, event);
    for (const key of ['eventId', 'tenant', 'callId', 'at'])
      refuses(callEvent, { ...event, [key]: undefined });
    refuses(callEvent, { ...event, at: -1 });
    refuses(callEvent, { ...event, callId: 'call-1' });
  });
  it.each([
    { ...callback, type: 'call.ended', durationSec: -1 },
    { ...callback, type: 'call.ended', durationSec: 604_801 },
    { ...callback, type: 'call.ended', durationSec: 1.5 },
    { ...callback, type: 'call.ended', result: 'great' },
    { ...callback, type: 'call.incoming', peer: '4'.repeat(65) },
    { ...callback, type: 'call.recording', recording: 'x'.repeat(2049) },
    { ...callback, type: 'call.incoming', externalCallId: '' },
    { ...dial, type: 'dial.failed', reason: 'because' },
    { ...dial, type: 'dial.requesting', attempt: 0 },
    { ...base, type: 'call.unheard-of' },
    {},
    null,
    [],
    'call.ended',
  ])('refuses %j', (event) => refuses(callEvent, event));
});

describe('http', () => {
  it('R37 a server-side dial needs a user and a diallable number', () => {
    expect(dialRequest.parse({ user: 'ana', to: '(47) 3210-0123' })).toEqual({
      user: 'ana',
      to: '4732100123',
    });
    refuses(dialRequest, { user: 'ana' });
    refuses(dialRequest, { to: '4732100123' });
    refuses(sessionRequest, { user: '' });
  });
  it('a query of calls has bounds and defaults', () => {
    expect(callsQuery.parse({})).toEqual({ limit: 50 });
    expect(callsQuery.parse({ limit: '200', number: '+5547', from: '2026-01-01T00:00:00-03:00' }).limit).toBe(
      200,
    );
    for (const bad of [
      { limit: '0' },
      { limit: '201' },
      { number: '12' },
      { number: '%' },
      { from: 'today' },
    ])
      refuses(callsQuery, bad);
  });
  it('a job carries ids only', () => {
    const job = { tenant: 'acme', intentId: 'i', to: '4732100123', token: 'secret' };
    expect(dialJob.parse(job)).toEqual({ tenant: 'acme', intentId: 'i' });
  });
});

describe('what the server says', () => {
  it('numbers inbox events, and never connection events’ siblings', () => {
    const event = { op: 'dial.queued', seq: 1, ts: 1, data: { intentId: 'i', callId: CALL_ID } };
    accepts(inboxEvent, event);
    refuses(inboxEvent, { ...event, seq: 0 });
    refuses(connectionEvent, event);
    accepts(connectionEvent, { op: 'server.draining', ts: 1, data: { reconnectAfterMs: 0 } });
  });
  it('close codes are distinct, and only these end a client for good', () => {
    const codes = Object.values(CLOSE);
    expect(new Set(codes.map(({ code }) => code)).size).toBe(codes.length);
    expect(codes.filter(({ reconnect }) => !reconnect).map(({ code }) => code)).toEqual([1000, 4002, 4010]);
    for (const { code, reason } of codes) {
      expect(code === 1000 || code === 1012 || code === 1013 || (code >= 4000 && code < 5000)).toBe(true);
      expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    }
  });
  it('a retry helps exactly where the HTTP status says so too', () => {
    for (const { retryable, http } of Object.values(ERROR_CODES))
      expect(retryable).toBe(http === 429 || http >= 500);
  });
});
