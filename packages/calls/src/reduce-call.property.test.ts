import { type CallEvent, callEvent, callView } from '@ramal/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CALL_ID, event, T0 } from '../test/build-events.ts';
import { reduceCall, toLegs } from './reduce-call.ts';
import { toStableId } from './stable-id.ts';

const at = fc.integer({ min: 0, max: 4 }).map((step) => T0 + step * 1_000);
const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const drop = (fields: object) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** Few moments and few values, so that events often meet at the same time and contradict one another. */
const callback = fc
  .record({
    type: fc.constantFrom('call.incoming', 'call.answered', 'call.ended', 'call.recording'),
    at,
    direction: fc.constantFrom('inbound', 'outbound', 'internal', 'unknown'),
    ramal: option(fc.constantFrom('3501', '3502')),
    user: option(fc.constantFrom('ana', 'bruno')),
    peer: option(fc.constantFrom('4732100123', '3501', '')),
    origin: option(fc.constantFrom('4732100123', '3501')),
    destination: option(fc.constantFrom('4732100123', '3502')),
    externalCallId: option(fc.constantFrom('x1', 'x2')),
    matchedBy: fc.constantFrom('external_id', 'numbers', 'created'),
    result: option(fc.constantFrom('completed', 'no_answer', 'busy', 'voicemail', 'failed')),
    durationSec: option(fc.integer({ min: 0, max: 90 })),
    recording: option(fc.constantFrom('https://pbx.example/1.wav', '2.wav')),
    popupSkipped: option(fc.constantFrom('not_logged_in', 'ramal_unknown')),
  })
  .map(drop);
const dial = fc
  .record({
    type: fc.constantFrom(
      'call.requested',
      'dial.requesting',
      'dial.accepted',
      'dial.failed',
      'dial.expired',
      'dial.uncertain',
      'dial.canceled',
    ),
    at,
    attempt: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ type, at: when, attempt }) => ({
    type,
    at: when,
    ...(type === 'dial.requesting' ? { attempt } : {}),
  }));
const popup = fc.record({ type: fc.constantFrom('popup.seen', 'popup.dismissed'), at });

const events = fc
  .array(fc.oneof({ weight: 3, arbitrary: callback }, { weight: 3, arbitrary: dial }, popup), {
    minLength: 1,
    maxLength: 12,
  })
  .map((all) =>
    all.map((fields, n) => {
      const { type, ...rest } = fields as { type: CallEvent['type'] };
      // Without the builder's defaults, which would hide what an event leaves out.
      const bare = { ...event(type), ...rest, eventId: toStableId(n) } as Record<string, unknown>;
      if (type.startsWith('call.') && type !== 'call.requested') {
        for (const key of ['ramal', 'user', 'peer', 'origin', 'destination', 'recording'])
          if (!(key in rest)) delete bare[key];
      }
      return bare as CallEvent;
    }),
  );

const shuffled = events.chain((set) =>
  fc.tuple(
    fc.constant(set),
    fc.shuffledSubarray([...set, ...set, ...set], { minLength: set.length * 3 }),
    fc.shuffledSubarray(set, { minLength: set.length }),
  ),
);

describe('I4 a call is a function of the set of its events', () => {
  it('the builder makes events of the contract', () => {
    fc.assert(
      fc.property(events, (set) => {
        for (const one of set) expect(callEvent.safeParse(one).error).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  it('in any order and with any duplicates it is the same call, with the same ends', () => {
    fc.assert(
      fc.property(shuffled, ([set, thrice, other]) => {
        const call = reduceCall(set);
        expect(reduceCall(other)).toEqual(call);
        expect(reduceCall(thrice)).toEqual(call);
        expect(toLegs(thrice)).toEqual(toLegs(set));
        expect(toLegs(other)).toEqual(toLegs(set));
      }),
      { numRuns: 300 },
    );
  });

  it('a fact told again later is still the first word', () => {
    fc.assert(
      fc.property(shuffled, fc.integer({ min: 1, max: 9_000 }), ([set, , other], lateMs) => {
        const retold = other.map((one) => ({ ...one, at: one.at + lateMs }));
        expect(reduceCall([...retold, ...set])).toEqual(reduceCall(set));
        expect(reduceCall([...set, ...retold])).toEqual(reduceCall(set));
      }),
      { numRuns: 200 },
    );
  });

  it('always is a call of the contract, of this id, that hides nothing it was given', () => {
    fc.assert(
      fc.property(events, (set) => {
        const before = structuredClone(set);
        const call = reduceCall(set);
        expect(callView.parse(call)).toEqual(call);
        expect(call.callId).toBe(CALL_ID);
        expect(set).toEqual(before);
        expect(call.result === null).toBe(call.state !== 'ended');
        expect(call.endedAt === null || call.state === 'ended').toBe(true);
        if (call.durationSec !== null) expect(call.durationSec).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 200 },
    );
  });

  it('ended by the CTI it stays ended, whatever else becomes known', () => {
    fc.assert(
      fc.property(events, events, at, (set, more, when) => {
        const hangup = { ...event('call.ended', { at: when }), eventId: toStableId('hangup') };
        const later = more.map((one, n) => ({ ...one, eventId: toStableId('later', n) }));
        expect(reduceCall([...set, hangup]).state).toBe('ended');
        expect(reduceCall([...set, hangup, ...later]).state).toBe('ended');
      }),
      { numRuns: 300 },
    );
  });

  it('without a verdict of ours to disprove, more facts never take a call back', () => {
    const order = ['queued', 'requesting', 'ringing', 'answered', 'ended'];
    const verdicts = new Set(['dial.failed', 'dial.expired', 'dial.canceled']);
    fc.assert(
      fc.property(events, (set) => {
        const facts = set.filter(({ type }) => !verdicts.has(type) && type !== 'call.recording');
        for (let known = 1; known < facts.length; known++) {
          const moved = facts.slice(0, known).some(({ type }) => !type.startsWith('popup.'));
          if (!moved) continue;
          const before = order.indexOf(reduceCall(facts.slice(0, known)).state);
          expect(order.indexOf(reduceCall(facts.slice(0, known + 1)).state)).toBeGreaterThanOrEqual(before);
        }
      }),
      { numRuns: 300 },
    );
  });
});
