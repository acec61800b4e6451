import { callEvent, type CallbackEvent, type CallEvent } from '@ramal/contracts';
import { describe, expect, it } from 'vitest';
import { CALL_ID, callIdAt, event, live, said, T0 } from '../test/build-events.ts';
import type { Callback, LiveCall } from './match-callback.ts';
import { planCallback } from './plan-callback.ts';
import { planRestore } from './plan-restore.ts';
import { reduceCall } from './reduce-call.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const ALL_PRESENT = new Set(['ana']);

/** A callback received at `T0 + afterMs`, told at `T0 + toldMs`. */
function planLate(callback: Callback, calls: LiveCall[], { afterMs = 0, toldMs = 10 * MINUTE } = {}) {
  const made = planCallback(callback, {
    tenant: 'acme',
    nowMs: T0 + toldMs,
    receivedAtMs: T0 + afterMs,
    candidates: calls,
    lines: [],
    presentUsers: ALL_PRESENT,
    newCallId: callIdAt(T0 + afterMs, 9),
  });
  if (made.kind !== 'commit') return made;
  expect(callEvent.parse(made.event)).toEqual(made.event);
  expect(made.commit.events.at(-1)).toEqual(made.event);
  const shown = made.commit.deliveries.flatMap(({ messages }) =>
    messages.map(({ op, popup }) => (popup === undefined ? op : `${op} ${popup.popup.kind}`)),
  );
  return { ...made, shown };
}

describe('I3 a callback that Redis is told of late', () => {
  it('has the time of its receipt, though later facts of its call are known', () => {
    const over = live([event('call.incoming'), event('call.ended', { at: T0 + MINUTE })]);
    const made = planLate(said('answered'), [over], { afterMs: 5 * SECOND });
    expect(made).toMatchObject({ kind: 'commit', event: { at: T0 + 5 * SECOND, callId: CALL_ID } });
    const call = made.kind === 'commit' ? reduceCall(made.commit.events) : null;
    expect(call).toMatchObject({ state: 'ended', result: 'completed', durationSec: 55 });
  });

  it('gets a moment that no other fact of its call has', () => {
    const ringing = live([event('call.incoming'), event('call.recording', { at: T0 + 1 })]);
    expect(planLate(said('ended'), [ringing])).toMatchObject({ event: { at: T0 + 2 } });
  });

  it('is what was told at once, should that have worked after all', () => {
    const first = planLate(said('ended', { durationSec: 4 }), [live([event('call.incoming')])], {
      afterMs: 3 * SECOND,
    });
    if (first.kind !== 'commit') throw new Error('expected a commit');
    const told = live([...first.commit.events]);
    const again = planLate(said('ended', { durationSec: 4 }), [told], { afterMs: 3 * SECOND });
    expect(again).toEqual({ kind: 'duplicate', callId: CALL_ID });
  });

  it('R44 shows its pop-up while that would still stand', () => {
    const ringing = live([event('call.incoming')]);
    const soon = planLate(said('ended'), [ringing], { toldMs: 30 * SECOND });
    expect(soon).toMatchObject({ shown: expect.arrayContaining(['popup.show end']) });
    expect(soon).not.toHaveProperty('event.popupSkipped');
    const fresh = planLate(said('incoming'), [], { toldMs: 30 * SECOND });
    expect(fresh).toMatchObject({ shown: expect.arrayContaining(['popup.show incoming']) });
  });

  it('R44 shows no pop-up that is over, says so, and still hides and tells the rest', () => {
    const ringing = live([event('call.incoming')]);
    const late = planLate(said('ended'), [ringing]);
    expect(late).toMatchObject({ event: { popupSkipped: 'expired' } });
    expect(late).toMatchObject({ shown: ['call.ended', 'popup.hide start', 'popup.hide incoming'] });
    const rang = planLate(said('incoming'), []);
    expect(rang).toMatchObject({ event: { popupSkipped: 'expired' }, shown: ['call.created'] });
  });
});

describe('I3 an event that Redis has lost', () => {
  const incoming = event('call.incoming') as CallbackEvent;
  const ended = event('call.ended', { at: T0 + 9 * SECOND }) as CallbackEvent;
  const restore = (lost: CallbackEvent, call: LiveCall | null, toldMs = 20 * SECOND) =>
    planRestore(lost, { call, presentUsers: ALL_PRESENT, nowMs: T0 + toldMs });

  it('is the same one again, with its call, also where the call is lost with it', () => {
    const alone = restore(incoming, null);
    expect(alone).toMatchObject({ callId: CALL_ID, expectedVersion: 0, commitId: incoming.eventId });
    expect(alone?.events).toEqual([incoming]);
    expect(alone).not.toHaveProperty('expectedLines');
    const second = restore(ended, live([incoming], 3));
    expect(second).toMatchObject({ expectedVersion: 3, ended: true });
    expect(second?.events).toEqual([incoming, ended]);
  });

  it('I4 makes the same call in whatever order its events come back', () => {
    const both: CallEvent[] = [incoming, ended];
    const backwards = restore(incoming, live([...(restore(ended, null)?.events ?? [])]))?.events ?? [];
    expect(reduceCall(backwards)).toEqual(reduceCall(both));
  });

  it('that is there is left alone', () => {
    expect(restore(incoming, live([incoming, ended]))).toBeNull();
  });

  it('R44 whose pop-up nobody was there to be shown is not shown now', () => {
    const skipped: CallbackEvent = { ...ended, popupSkipped: 'not_logged_in' };
    const commit = restore(skipped, live([incoming]));
    expect(commit?.events.at(-1)).toEqual(skipped);
    expect(commit?.deliveries.flatMap(({ messages }) => messages.map(({ op }) => op))).not.toContain(
      'popup.show',
    );
  });
});
