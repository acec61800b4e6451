import { type CallEvent, callEvent, ERASED } from '@ramal/contracts';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  eraseFarEnd,
  eraseLateUsers,
  erasePerson,
  findPerson,
  isFarEndErased,
  type Person,
} from './erase-person.ts';
import { mentionsNumber } from './mentions-number.ts';
import { reduceCall, toLegs } from './reduce-call.ts';

const CALL = '01980000-0000-7000-8000-00000000000a';
const NUMBER = '47999991234';
const PERSON: Person = { kind: 'number', number: NUMBER };
let ids = 0;
const base = () => ({
  eventId: `00000000-0000-8000-8000-${String(ids++).padStart(12, '0')}`,
  tenant: 'acme',
  callId: CALL,
  at: 1_750_000_000_000 + ids,
});
const incoming = (more: object = {}): CallEvent =>
  callEvent.parse({
    ...base(),
    type: 'call.incoming',
    direction: 'inbound',
    ramal: '3501',
    user: 'ana',
    peer: NUMBER,
    origin: NUMBER,
    destination: '3501',
    matchedBy: 'created',
    ...more,
  });
const ended = (more: object = {}): CallEvent =>
  ({ ...incoming({ matchedBy: 'numbers', ...more }), type: 'call.ended' }) as CallEvent;
const requested = (more: object = {}): CallEvent =>
  callEvent.parse({
    ...base(),
    type: 'call.requested',
    user: 'ana',
    ramal: '3501',
    intentId: 'i-1',
    direction: 'outbound',
    peer: NUMBER,
    peerE164: '+5547999991234',
    via: 'agent',
    context: { customer: 'Maria' },
    ...more,
  });
const textOf = (events: readonly CallEvent[]) => JSON.stringify(events);

describe('LGPD art. 18: a person found by number', () => {
  it.each(['47999991234', '+55 47 9 9999-1234', '(47) 99991234', '0154799991234', '9999-1234'])(
    'is the far end of a call that spells it %s',
    (peer) => {
      expect([...findPerson([incoming({ peer, origin: peer })], PERSON)]).toEqual(['far_end']);
    },
  );

  it.each(['48999991234', '47999991235', '', 'fila', '3501'])('is not who has the number %j', (peer) => {
    expect([...findPerson([incoming({ peer, origin: peer })], PERSON)]).toEqual([]);
  });

  it('is found where neither number is an extension of ours', () => {
    const event = incoming({
      peer: undefined,
      ramal: undefined,
      user: undefined,
      direction: 'unknown',
      destination: '4733330000',
    });
    expect([...findPerson([event], PERSON)]).toEqual(['far_end']);
    expect(erasePerson([event], PERSON)[0]).toMatchObject({ origin: ERASED, destination: ERASED });
  });
});

test('an erased call holds neither number, recording nor what the CRM attached, and stays the call it was', () => {
  const calls = [
    [
      incoming(),
      ended({ recording: `https://pbx/rec/${NUMBER}.wav`, durationSec: 30, externalCallId: `x-${NUMBER}-1` }),
    ],
    [
      requested(),
      ended({ direction: 'outbound', origin: '3501', destination: '0479999-91234', peer: '0479999-91234' }),
    ],
  ];
  for (const events of calls) {
    const erased = erasePerson(events, PERSON);
    expect(textOf(erased).replace(/\D/g, '')).not.toContain('99991234');
    expect(textOf(erased)).not.toMatch(/Maria|recording|x-/);
    expect(isFarEndErased(erased)).toBe(true);
    for (const event of erased) expect(callEvent.parse(event)).toEqual(event);
    expect(reduceCall(erased)).toEqual({
      ...reduceCall(events),
      peer: { raw: ERASED, e164: null, display: ERASED },
      origin: reduceCall(events).origin === '3501' ? '3501' : ERASED,
      destination: reduceCall(events).destination === '3501' ? '3501' : ERASED,
      recording: null,
      context: null,
      externalCallId: null,
    });
    expect(erasePerson(erased, PERSON)).toEqual(erased);
  }
});

test("the company's own number that was called stays", () => {
  const [erased] = erasePerson([incoming({ destination: '4733330000' })], PERSON);
  expect(erased).toMatchObject({ peer: ERASED, origin: ERASED, destination: '4733330000' });
});

test('what comes late to an erased call is erased by itself, in any spelling, once or twice', () => {
  const late = ended({ peer: '99991234', origin: '+5547999991234', recording: 'https://pbx/1.wav' });
  const erased = eraseFarEnd(late);
  expect(erased).toMatchObject({ eventId: late.eventId, peer: ERASED, destination: '3501' });
  expect(textOf([erased])).not.toContain('99991234');
  expect(textOf([eraseFarEnd(ended({ peer: '' }))])).not.toContain(ERASED);
  expect(eraseFarEnd(erased)).toBe(erased);
});

test("in another person's call only the texts that hold the number go", () => {
  const other = requested({
    peer: '4733330000',
    peerE164: undefined,
    context: { note: 'call back (47) 99999-1234', id: '7' },
  });
  const after = ended({
    peer: '4733330000',
    origin: '3501',
    destination: '4733330000',
    recording: `/rec/${NUMBER}-1.wav`,
  });
  expect([...findPerson([other, after], PERSON)]).toEqual(['mention']);
  const erased = erasePerson([other, after], PERSON);
  expect(erased[0]).toMatchObject({ peer: '4733330000', context: { note: ERASED, id: '7' } });
  expect(erased[1]).not.toHaveProperty('recording');
  expect(isFarEndErased(erased)).toBe(false);
});

test('a user is erased, colleagues and the far end stay', () => {
  const person: Person = { kind: 'user', user: 'ana' };
  const events = [incoming(), ended({ ramal: '3502', user: 'bia', caller: { ramal: '3501', user: 'ana' } })];
  expect([...findPerson(events, person)]).toEqual(['user']);
  const erased = erasePerson(events, person);
  expect(textOf(erased)).not.toContain('ana');
  expect(erased[1]).toMatchObject({ user: 'bia', caller: { ramal: '3501', user: ERASED }, peer: NUMBER });
  expect(toLegs(erased).map(({ ramal, user }) => [ramal, user])).toEqual([
    ['3501', ERASED],
    ['3502', 'bia'],
  ]);
  expect(eraseLateUsers(incoming(), new Set(['bia', ERASED]))).toMatchObject({ user: ERASED });
  expect(eraseLateUsers(incoming({ user: 'bia' }), new Set(['bia']))).toMatchObject({ user: 'bia' });
});

test.each([
  ['https://pbx/rec/20260301-4799991234.wav', true],
  ['x%2B5547999991234', true],
  ['4799991234-1710000000', true],
  ['call 47 9 9999 1234 back', true],
  ['４７９９９９９１２３４', true],
  ['https://pbx/rec/4899991234.wav', false],
  ['9999123', false],
  ['', false],
])('%j holds the number: %s', (text, holds) => {
  expect(mentionsNumber(text, NUMBER)).toBe(holds);
});

test('I4 whatever was told of a call, its state, times and result survive the erasure of its far end', () => {
  const types = ['call.incoming', 'call.answered', 'call.ended', 'call.recording'] as const;
  const event = fc.record({
    type: fc.constantFrom(...types),
    direction: fc.constantFrom('inbound', 'outbound', 'unknown'),
    peer: fc.constantFrom(NUMBER, '+5547999991234', '4733330000', ''),
    ramal: fc.constantFrom('3501', '3502', undefined),
    durationSec: fc.constantFrom(0, 30, undefined),
    result: fc.constantFrom('completed', 'busy', undefined),
    recording: fc.constantFrom('https://pbx/1.wav', undefined),
  });
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 8 }), (some) => {
      const events = some.map(({ type, ...more }) => ({ ...incoming(more), type }) as CallEvent);
      const before = reduceCall(events);
      const after = reduceCall(erasePerson(events, PERSON));
      const { state, result, startedAt, answeredAt, endedAt, durationSec, direction, ramal, user } = before;
      expect(after).toMatchObject({
        state,
        result,
        startedAt,
        answeredAt,
        endedAt,
        durationSec,
        direction,
        ramal,
        user,
      });
      const isTheirs = events.some((one) => 'peer' in one && one.peer !== '' && one.peer !== '4733330000');
      if (isTheirs) expect(after.recording).toBeNull();
    }),
  );
});
