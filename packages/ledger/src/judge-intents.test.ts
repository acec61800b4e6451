import { describe, expect, it } from 'vitest';
import type { FinalState } from './dial-book.ts';
import { type IntentEvidence, judgeIntent, type LoggedOriginate } from './judge-intents.ts';

const T = 1_800_000_000_000;
const options = { notPlacedStatuses: [503], clockOffsetMs: 0, onTheWayMs: 0 };
let seq = 0;

const originate = (afterMs: number, replyStatus: number | null = null): LoggedOriginate => {
  seq += 1;
  if (replyStatus !== null) return { seq, at: T + afterMs, outcome: 'status', replyStatus };
  return { seq, at: T + afterMs, outcome: 'accepted', replyStatus: 200 };
};
const lost = (afterMs: number): LoggedOriginate => ({
  ...originate(afterMs),
  outcome: 'mute',
  replyStatus: null,
});

/** A click at T that ended well, or as the changes say. */
const evidence = (
  changes: {
    told?: [FinalState, number][];
    stored?: [FinalState, number][] | null;
    callId?: string | null;
    originates?: LoggedOriginate[];
  } = {},
): IntentEvidence => {
  const told = changes.told ?? [['dial.accepted', 300]];
  const stored = changes.stored === undefined ? told : changes.stored;
  return {
    dial: {
      intentId: 'i',
      callId: changes.callId === undefined ? 'c' : changes.callId,
      told: told.map(([state, ms]) => ({ state, reason: null, ts: T + ms, heardMs: T + ms })),
    },
    stored:
      stored === null
        ? null
        : { requestedMs: T, ends: stored.map(([state, ms]) => ({ state, atMs: T + ms })) },
    originates: changes.originates ?? [originate(200)],
  };
};
const faultsOf = (changes: Parameters<typeof evidence>[0]) => judgeIntent(evidence(changes), options).faults;

describe('judgeIntent', () => {
  it('finds nothing in a dial that went well, and tells its margins', () => {
    expect(judgeIntent(evidence(), options)).toEqual({ faults: [], marginMs: 9800, finalAfterMs: 300 });
  });

  it('finds nothing in a dial that came to nothing, or to nobody knows what', () => {
    const end = (state: FinalState, originates: LoggedOriginate[]) =>
      faultsOf({ told: [[state, 11_000]], originates });
    expect(end('dial.expired', [])).toEqual([]);
    expect(end('dial.uncertain', [])).toEqual([]);
    expect(end('dial.uncertain', [lost(10)])).toEqual([]);
    expect(end('dial.uncertain', [originate(10)])).toEqual([]);
    expect(end('dial.failed', [originate(10, 404)])).toEqual([]);
    expect(end('dial.failed', [originate(10, 503), originate(300, 503)])).toEqual([]);
  });

  it('counts a second request, but for one after an answer that says that nothing was placed', () => {
    expect(faultsOf({ originates: [originate(10), originate(20)] })).toEqual(['doubleOriginates']);
    expect(faultsOf({ originates: [lost(10), originate(20)] })).toEqual(['doubleOriginates']);
    expect(faultsOf({ originates: [originate(10, 500), originate(20)] })).toEqual(['doubleOriginates']);
    expect(faultsOf({ originates: [originate(10), originate(20, 503)] })).toEqual(['doubleOriginates']);
    expect(faultsOf({ originates: [originate(10, 503), originate(20)] })).toEqual([]);
  });

  it("holds a request's arrival against the deadline in Redis' time", () => {
    expect(faultsOf({ originates: [originate(10_000)], told: [['dial.accepted', 10_100]] })).toEqual([]);
    const late = {
      originates: [originate(10_001)],
      told: [['dial.accepted', 10_100]] as [FinalState, number][],
    };
    expect(faultsOf(late)).toEqual(['afterDeadline']);
    expect(judgeIntent(evidence(late), { ...options, clockOffsetMs: -5 }).faults).toEqual([]);
    expect(judgeIntent(evidence(late), { ...options, onTheWayMs: 5 }).faults).toEqual([]);
  });

  it('wants one final state, told and stored, the same, in time', () => {
    const accepted: [FinalState, number] = ['dial.accepted', 300];
    expect(faultsOf({ told: [], stored: [accepted] })).toEqual(['notFinal']);
    expect(faultsOf({ told: [accepted], stored: [] })).toEqual(['notFinal']);
    expect(faultsOf({ told: [accepted, accepted] })).toEqual(['twoFinals']);
    expect(faultsOf({ told: [accepted], stored: [['dial.uncertain', 300]] })).toEqual(['twoFinals']);
    expect(faultsOf({ told: [['dial.uncertain', 12_001]] })).toEqual(['lateFinal']);
    expect(faultsOf({ told: [accepted], stored: null })).toContain('notRecorded');
    expect(faultsOf({ callId: null })).toEqual(['notRecorded']);
  });

  it('believes the CTI, not us', () => {
    expect(faultsOf({ originates: [] })).toEqual(['falseAccepted']);
    expect(faultsOf({ originates: [lost(10)] })).toEqual(['falseAccepted']);
    for (const state of ['dial.failed', 'dial.expired'] as const) {
      expect(faultsOf({ told: [[state, 300]] })).toEqual(['falseFailed']);
      expect(faultsOf({ told: [[state, 300]], originates: [lost(10)] })).toEqual(['falseFailed']);
      expect(faultsOf({ told: [[state, 300]], originates: [originate(10, 500)] })).toEqual(['falseFailed']);
    }
  });

  it('takes a status line for what it says, whatever follows it', () => {
    const endless = { ...originate(10), outcome: 'huge_body' as const, replyStatus: 200 };
    const elsewhere = { ...originate(10), outcome: 'redirect' as const, replyStatus: 302 };
    expect(faultsOf({ originates: [endless] })).toEqual([]);
    expect(faultsOf({ told: [['dial.failed', 300]], originates: [elsewhere] })).toEqual([]);
    expect(faultsOf({ told: [['dial.failed', 300]], originates: [endless] })).toEqual(['falseFailed']);
    expect(faultsOf({ originates: [elsewhere] })).toEqual(['falseAccepted']);
  });
});
