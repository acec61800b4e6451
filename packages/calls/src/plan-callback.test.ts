import { callEvent } from '@ramal/contracts';
import { describe, expect, it } from 'vitest';
import { CALL_ID, callIdAt, event, live, said, saidOutbound, T0 } from '../test/build-events.ts';
import { toCallbackLines } from './call-lines.ts';
import type { Callback, LiveCall } from './match-callback.ts';
import { type CallbackPlan, planCallback } from './plan-callback.ts';
import { reduceCall } from './reduce-call.ts';

const NEW_ID = callIdAt(T0, 7);
const lines = [{ line: { ramal: '3501', peerKey: '32100123' }, version: 3 }];

function plan(
  callback: Callback,
  candidates: LiveCall[] = [],
  present: string[] = ['ana'],
  nowMs = T0,
): CallbackPlan {
  const presentUsers = new Set(present);
  return planCallback(callback, {
    tenant: 'acme',
    nowMs,
    candidates,
    lines,
    presentUsers,
    newCallId: NEW_ID,
  });
}

function committed(made: CallbackPlan) {
  if (made.kind !== 'commit') throw new Error('expected a commit');
  expect(callEvent.parse(made.event)).toEqual(made.event);
  expect(made.commit.events.at(-1)).toEqual(made.event);
  return made;
}

describe('planCallback', () => {
  it('R45 begins a call, guarded by the lines that were read', () => {
    const { commit, event: made } = committed(plan(said('incoming', { externalCallId: 'x1' })));
    expect(commit).toMatchObject({
      callId: NEW_ID,
      expectedVersion: 0,
      expectedLines: lines,
      externalCallId: 'x1',
      ended: false,
      lines: [{ ramal: '3501', peerKey: '32100123' }],
    });
    expect(made).toMatchObject({ type: 'call.incoming', matchedBy: 'created', at: T0, callId: NEW_ID });
    expect(toCallbackLines(said('incoming'))).toEqual(commit.lines);
  });

  it('R44 an end goes to its call, guarded by the call’s version', () => {
    const ringing = live([event('call.incoming')], 4);
    const { commit, event: made } = committed(plan(said('ended', { durationSec: 9 }), [ringing]));
    expect(commit).toMatchObject({ callId: CALL_ID, expectedVersion: 4, ended: true });
    expect(commit).not.toHaveProperty('expectedLines');
    expect(commit).not.toHaveProperty('externalCallId');
    expect(made).toMatchObject({ type: 'call.ended', matchedBy: 'numbers', durationSec: 9 });
  });

  it('R44 an orphaned end is saved as a call of its own', () => {
    const { commit } = committed(plan(saidOutbound('ended')));
    expect(commit).toMatchObject({ callId: NEW_ID, ended: true });
    expect(reduceCall(commit.events)).toMatchObject({ state: 'ended', direction: 'outbound' });
  });

  it('I3 the same callback again is a duplicate', () => {
    const first = committed(plan(said('incoming')));
    const known: LiveCall = { callId: first.commit.callId, version: 1, events: first.commit.events };
    expect(plan(said('incoming'), [known], [], T0 + 5_000)).toEqual({ kind: 'duplicate', callId: NEW_ID });
  });

  it('I3 one that says something new is a fact of its own', () => {
    const first = committed(plan(said('ended')));
    const known: LiveCall = { callId: first.commit.callId, version: 1, events: first.commit.events };
    for (const more of [
      { durationSec: 5 },
      { result: 'busy' as const },
      { recording: 'a.wav' },
      { ctiAtMs: 1 },
    ])
      expect(committed(plan(said('ended', more), [known])).commit.callId).toBe(NEW_ID);
  });

  it('ids of two tenants differ for the same callback of the same call', () => {
    const scene = { nowMs: T0, candidates: [], lines, presentUsers: new Set<string>(), newCallId: NEW_ID };
    const of = (tenant: string) =>
      committed(planCallback(said('incoming'), { tenant, ...scene })).event.eventId;
    expect(of('acme')).not.toBe(of('globex'));
  });

  it('a call of nobody we know is found again by its two numbers', () => {
    const foreign = said('incoming', {
      direction: 'unknown',
      legs: [],
      peer: undefined,
      origin: '04732100123',
      destination: 'Vendas',
    });
    const { commit } = committed(plan(foreign));
    expect(commit.lines).toEqual([{ ramal: '', peerKey: '32100123>vendas' }]);
    expect(toCallbackLines({ ...foreign, origin: '4732100123' })).toEqual(commit.lines);
    expect(toCallbackLines({ ...foreign, origin: undefined, destination: undefined })).toEqual([]);
  });

  it('an internal call is looked for, and found, from both ends', () => {
    const legs = [
      { ramal: '3502', user: 'bruno' },
      { ramal: '3501', user: 'ana' },
    ];
    const internal = said('incoming', {
      direction: 'internal',
      origin: '3501',
      destination: '3502',
      peer: '3501',
      legs,
    });
    const dialled = live([event('call.requested', { direction: 'internal', peer: '3502' })]);
    const { commit } = committed(plan(internal, [dialled]));
    expect(commit.callId).toBe(CALL_ID);
    expect(commit.lines).toEqual([
      { ramal: '3501', peerKey: '3502' },
      { ramal: '3502', peerKey: '3501' },
    ]);
    expect(toCallbackLines(internal).toSorted((a, b) => a.ramal.localeCompare(b.ramal))).toEqual(
      commit.lines,
    );
  });
});

describe('R44 why a pop-up was not shown', () => {
  const skipped = (made: CallbackPlan) => committed(made).event.popupSkipped;

  it('an agent who is logged out at the end', () => {
    expect(skipped(plan(said('ended'), [], []))).toBe('not_logged_in');
    expect(skipped(plan(said('ended'), [], ['ana']))).toBeUndefined();
  });

  it('an extension of nobody', () => {
    const legs = [{ ramal: '3509', user: null }];
    expect(skipped(plan(said('incoming', { legs, destination: '3509' })))).toBe('ramal_unknown');
    expect(skipped(plan(said('ended', { legs: [], direction: 'unknown' })))).toBe('ramal_unknown');
  });

  it('is not said where the call knows the agent and the callback only names the call', () => {
    const named = live([event('call.incoming', { externalCallId: 'x1' })]);
    const bare = said('ended', {
      externalCallId: 'x1',
      direction: 'unknown',
      legs: [],
      peer: undefined,
      origin: undefined,
      destination: undefined,
    });
    expect(skipped(plan(bare, [named], ['ana']))).toBeUndefined();
    expect(skipped(plan(bare, [named], []))).toBe('not_logged_in');
  });

  it('is not said of a recording, which brings none', () => {
    expect(skipped(plan(said('recording', { legs: [], recording: 'a.wav' }), [], []))).toBeUndefined();
  });
});
