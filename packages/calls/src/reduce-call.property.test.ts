import { type CallEvent, callEvent, callView } from '@ramal/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CALL_ID, event, T0 } from '../test/build-events.ts';
import { reduceCall, toLegs, toPhase } from './reduce-call.ts';
import { toStableId } from './stable-id.ts';

/** How long after the fact before it each one becomes known, in ms: within and beyond what counts as late. */
const gap = fc.constantFrom(1, 300, 4_000, 9_000);
const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const drop = (fields: object) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** Few moments and few values, so that events often meet at the same time and contradict one another. */
const callback = fc
  .record({
    type: fc.constantFrom('call.incoming', 'call.answered', 'call.ended', 'call.recording'),
    gap,
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
    gap,
    attempt: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ type, gap: after, attempt }) => ({
    type,
    gap: after,
    ...(type === 'dial.requesting' ? { attempt } : {}),
  }));
const popup = fc.record({ type: fc.constantFrom('popup.seen', 'popup.dismissed'), gap });

const reaped = fc.record({ type: fc.constant('call.reaped'), gap });

/** In the order they became known, which is the order of their moments. */
const events = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: callback },
      { weight: 4, arbitrary: dial },
      { weight: 2, arbitrary: popup },
      reaped,
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((all) => {
    let moment = T0;
    return all.map((fields, n) => {
      const { type, gap: after, ...rest } = fields as { type: CallEvent['type']; gap: number };
      moment += after;
      // Without the builder's defaults, which would hide what an event leaves out.
      const bare = { ...event(type), ...rest, at: moment, eventId: toStableId(n) } as Record<string, unknown>;
      if (type.startsWith('call.') && type !== 'call.requested') {
        for (const key of ['ramal', 'user', 'peer', 'origin', 'destination', 'recording'])
          if (!(key in rest)) delete bare[key];
      }
      return bare as CallEvent;
    });
  });

/** The same facts, all of them known only after those of the first set. */
function afterwards(set: readonly CallEvent[], more: readonly CallEvent[]): CallEvent[] {
  const last = Math.max(...set.map((one) => one.at));
  return more.map((one, n) => ({ ...one, at: one.at - T0 + last, eventId: toStableId('later', n) }));
}

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
      fc.property(events, events, (set, more) => {
        const [last] = afterwards(set, [event('call.ended', { at: T0 + 1, ramal: undefined })]);
        const hangup = { ...last, eventId: toStableId('hangup') } as CallEvent;
        const known = [...set, hangup];
        const call = reduceCall(known);
        expect(call.state).toBe('ended');
        const later = reduceCall([...known, ...afterwards(known, more)]);
        expect(later.state).toBe('ended');
        expect(later.endedAt).toBe(call.endedAt);
      }),
      { numRuns: 300 },
    );
  });

  it('of an end that was told, nothing that becomes known later makes another state', () => {
    fc.assert(
      fc.property(events, events, (set, more) => {
        if (toPhase(set) !== 'ended') return;
        expect(toPhase([...set, ...afterwards(set, more)])).toBe('ended');
      }),
      { numRuns: 500 },
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

  it('each end of it has one status, and an open call of several phones has an open one', () => {
    fc.assert(
      fc.property(events, (set) => {
        const legs = toLegs(set);
        expect(new Set(legs.map(({ ramal }) => ramal)).size).toBe(legs.length);
        for (const leg of legs) expect(leg.overAt === null).toBe(leg.status === 'open');
        const ended = set.some(({ type }) => type === 'call.ended');
        if (ended && reduceCall(set).state !== 'ended')
          expect(legs.some(({ calls, status }) => !calls && status === 'open')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
