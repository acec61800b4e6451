import type { CallEvent, CallResult, Direction } from '@ramal/contracts';
import { describe, expect, it } from 'vitest';
import { CALL_ID, event, OUTBOUND, T0 } from '../test/build-events.ts';
import { reduceCall, toLegs } from './reduce-call.ts';

const after = (seconds: number) => ({ at: T0 + seconds * 1_000 });

describe('a dialled call', () => {
  const requested = event('call.requested', { context: { ticket: '42' } });
  const requesting = event('dial.requesting', after(1));
  const accepted = event('dial.accepted', after(2));

  it.each([
    [[requested], 'queued'],
    [[requested, requesting], 'requesting'],
    [[requested, requesting, accepted], 'ringing'],
    [[requested, requesting, accepted, event('call.answered', { ...OUTBOUND, ...after(3) })], 'answered'],
    [[requested, requesting, event('dial.uncertain', after(3))], 'requesting'],
  ] as [CallEvent[], string][])('goes through its states (%#)', (events, state) => {
    expect(reduceCall(events)).toMatchObject({ state, result: null, endedAt: null });
  });

  it('knows who dialled whom, and what the CRM attached', () => {
    expect(reduceCall([requested])).toEqual({
      callId: CALL_ID,
      direction: 'outbound',
      state: 'queued',
      ramal: '3501',
      user: 'ana',
      peer: { raw: '4732100123', e164: null, display: '4732100123' },
      origin: '3501',
      destination: '4732100123',
      startedAt: T0,
      answeredAt: null,
      endedAt: null,
      durationSec: null,
      result: null,
      reason: null,
      recording: null,
      externalCallId: null,
      intentId: 'click-1',
      matchedBy: null,
      context: { ticket: '42' },
    });
  });

  it.each([
    ['dial.failed', 'failed', 'cti_rejected'],
    ['dial.expired', 'failed', 'deadline_passed'],
    ['dial.canceled', 'canceled', 'canceled_by_agent'],
  ] as const)('ends at %s as %s', (type, result, reason) => {
    const call = reduceCall([requested, event(type, after(5))]);
    expect(call).toMatchObject({ state: 'ended', result, reason, endedAt: T0 + 5_000, durationSec: null });
  });

  it('says why it is uncertain while it is', () => {
    expect(reduceCall([requested, requesting, event('dial.uncertain', after(9))]).reason).toBe('cti_timeout');
  });

  it.each(['dial.failed', 'dial.expired', 'dial.uncertain', 'dial.canceled'] as const)(
    'the CTI’s own word disproves %s',
    (type) => {
      const doubted = [requested, event(type, after(5))];
      const answered = [...doubted, event('call.answered', { ...OUTBOUND, ...after(6) })];
      expect(reduceCall(answered)).toMatchObject({ state: 'answered', reason: null, result: null });
      const ended = [...answered, event('call.ended', { ...OUTBOUND, ...after(66) })];
      expect(reduceCall(ended)).toMatchObject({
        state: 'ended',
        result: 'completed',
        reason: null,
        durationSec: 60,
        endedAt: T0 + 66_000,
      });
    },
  );

  it('a recording alone does not open a call again that failed', () => {
    const failed = [requested, event('dial.failed', after(5))];
    const recorded = [...failed, event('call.recording', { ...OUTBOUND, ...after(60) })];
    expect(reduceCall(recorded)).toMatchObject({
      state: 'ended',
      endedAt: T0 + 5_000,
      recording: 'https://pbx.example/1.wav',
    });
  });

  it('keeps the number as the agent gave it, not as the CTI spells it', () => {
    const spelled = event('call.ended', { ...OUTBOUND, peer: '0154732100123', destination: '0154732100123' });
    expect(reduceCall([requested, spelled])).toMatchObject({
      peer: { raw: '4732100123' },
      destination: '4732100123',
    });
  });
});

describe('orphans', () => {
  it('an end without a beginning is an ended call', () => {
    const orphan = event('call.ended', { ...after(1), result: 'completed', durationSec: 42 });
    expect(reduceCall([orphan])).toMatchObject({
      state: 'ended',
      endedAt: T0 + 1_000,
      result: 'completed',
      durationSec: 42,
      answeredAt: null,
    });
  });

  it('a recording without anything else is of a call that is over', () => {
    expect(reduceCall([event('call.recording', after(3))])).toMatchObject({
      state: 'ended',
      endedAt: T0 + 3_000,
      result: 'unknown',
    });
  });

  it('no events are no call', () => {
    expect(() => reduceCall([])).toThrow(RangeError);
  });
});

describe('what became of a call', () => {
  type Row = [Direction, boolean, CallResult | null, number | null, CallResult];
  const rows: Row[] = [
    // direction, answered, what the CTI said, the duration it said, result
    ['inbound', true, null, null, 'completed'],
    ['inbound', true, 'no_answer', null, 'completed'],
    ['inbound', true, 'failed', 0, 'completed'],
    ['inbound', true, 'voicemail', null, 'voicemail'],
    ['inbound', false, null, null, 'missed'],
    ['inbound', false, null, 0, 'missed'],
    ['inbound', false, null, 30, 'completed'],
    ['inbound', false, 'no_answer', null, 'missed'],
    ['inbound', false, 'no_answer', 30, 'missed'],
    ['inbound', false, 'missed', null, 'missed'],
    ['inbound', false, 'completed', null, 'completed'],
    ['inbound', false, 'busy', null, 'busy'],
    ['inbound', false, 'canceled', null, 'canceled'],
    ['inbound', false, 'voicemail', 12, 'voicemail'],
    ['outbound', true, null, null, 'completed'],
    ['outbound', true, 'busy', null, 'completed'],
    ['outbound', false, null, null, 'no_answer'],
    ['outbound', false, null, 0, 'no_answer'],
    ['outbound', false, null, 30, 'completed'],
    ['outbound', false, 'no_answer', null, 'no_answer'],
    ['outbound', false, 'busy', 0, 'busy'],
    ['outbound', false, 'rejected', null, 'rejected'],
    ['outbound', false, 'failed', null, 'failed'],
    ['internal', true, null, null, 'completed'],
    ['internal', false, null, null, 'no_answer'],
    ['internal', false, 'no_answer', null, 'no_answer'],
    ['internal', false, null, 30, 'completed'],
    ['unknown', true, null, null, 'completed'],
    ['unknown', false, null, null, 'unknown'],
    ['unknown', false, 'no_answer', null, 'no_answer'],
    ['unknown', false, null, 30, 'completed'],
  ];
  it.each(rows)(
    '%s, answered %s, said %s for %s s: %s',
    (direction, answered, result, durationSec, expected) => {
      const said = {
        direction,
        ...(result === null ? {} : { result }),
        ...(durationSec === null ? {} : { durationSec }),
      };
      const events = [
        event('call.incoming', { direction }),
        ...(answered ? [event('call.answered', { direction, ...after(5) })] : []),
        event('call.ended', { ...said, ...after(65) }),
      ];
      const call = reduceCall(events);
      expect(call.result).toBe(expected);
      expect(call.durationSec).toBe(durationSec ?? (answered ? 60 : null));
    },
  );

  it('an answer that arrives after the end lasts no negative time', () => {
    const call = reduceCall([event('call.ended', after(5)), event('call.answered', after(6))]);
    expect(call).toMatchObject({ state: 'ended', result: 'completed', durationSec: 0 });
  });

  it('a recording brings what the end did not say', () => {
    const ended = event('call.ended', after(5));
    const recording = event('call.recording', { ...after(90), durationSec: 61 });
    expect(reduceCall([ended, recording])).toMatchObject({
      recording: 'https://pbx.example/1.wav',
      durationSec: 61,
      result: 'completed',
    });
  });
});

describe('the ends of a call', () => {
  it('an internal call that was dialled has two, the dialling one first', () => {
    const events = [
      event('call.incoming', {
        ...after(2),
        direction: 'internal',
        ramal: '3502',
        user: 'bruno',
        origin: '3501',
        destination: '3502',
        peer: '3501',
      }),
      event('call.requested', { direction: 'internal', peer: '3502' }),
    ];
    expect(toLegs(events)).toMatchObject([
      { ramal: '3501', user: 'ana', calls: true },
      { ramal: '3502', user: 'bruno', calls: false },
    ]);
    expect(reduceCall(events)).toMatchObject({ ramal: '3501', user: 'ana', peer: { raw: '3502' } });
  });

  it('an extension whose user becomes known later is still one end', () => {
    const events = [event('call.incoming', { user: undefined }), event('call.answered', after(1))];
    expect(toLegs(events)).toMatchObject([{ ramal: '3501', user: 'ana' }]);
  });
});
