import type { CallEvent } from '@ramal/contracts';
import { describe, expect, it } from 'vitest';
import type { SentCallback } from './callback-sender.ts';
import { judgeCalls } from './judge-calls.ts';
import { createLedgerFaults, type FaultKind } from './ledger-faults.ts';
import type { CallbackKind, PlannedCall } from './plan.ts';

const tenant = { tenant: 'numbers-a', sendsIds: false, callbackToken: '', agents: [] };
const AT = 1_800_000_000_000;

const plannedCall = (change: Partial<PlannedCall> = {}): PlannedCall => ({
  shape: 'answered',
  tenant,
  startMs: 0,
  origin: '4730000001',
  destination: '3501',
  externalCallId: null,
  agents: [],
  recording: null,
  callbacks: [],
  ...change,
});
const sentOf = (call: PlannedCall, kind: CallbackKind, sentAtMs = AT): SentCallback => ({
  call,
  callback: { kind, dueMs: 0, copyDueMs: null, latestMs: 0, variables: {} },
  sentAtMs,
  acknowledged: 1,
});
const stored = (callId: string, kind: CallbackKind, call: PlannedCall, at = AT) =>
  ({
    type: `call.${kind}`,
    eventId: `${callId} ${kind} ${at}`,
    tenant: call.tenant.tenant,
    callId,
    at,
    matchedBy: 'numbers',
    direction: 'inbound',
    origin: call.origin,
    destination: call.destination,
  }) as CallEvent;
const row = (callId: string, change: object = {}) => ({
  callId,
  tenant: 'numbers-a',
  state: 'ended',
  recording: null,
  ...change,
});

function judge(sent: SentCallback[], events: CallEvent[], calls: ReturnType<typeof row>[]) {
  const faults = createLedgerFaults();
  judgeCalls(sent, [], { events, calls }, faults);
  const kinds: FaultKind[] = ['lost', 'doubled', 'mergedWrongly', 'foreign', 'stray', 'wrongState'];
  return Object.fromEntries(
    kinds.flatMap((kind) => (faults.count(kind) > 0 ? [[kind, faults.count(kind)]] : [])),
  );
}

describe('judgeCalls', () => {
  const call = plannedCall();
  const again = plannedCall();
  const sent = [sentOf(call, 'incoming'), sentOf(call, 'ended')];

  it('finds nothing in a call that is stored once with each of its callbacks', () => {
    expect(judge(sent, [stored('a', 'incoming', call), stored('a', 'ended', call)], [row('a')])).toEqual({});
  });

  it('tells a callback that was acknowledged and is not stored, and not one that never was', () => {
    const refused = { ...sentOf(call, 'recording'), acknowledged: 0 };
    expect(judge([...sent, refused], [stored('a', 'ended', call)], [row('a')])).toEqual({ lost: 1 });
  });

  it('tells a call that became two', () => {
    const events = [stored('a', 'incoming', call), stored('b', 'ended', call)];
    expect(judge(sent, events, [row('a'), row('b')])).toEqual({ doubled: 1 });
  });

  it('tells a callback that is stored twice', () => {
    const events = [stored('a', 'incoming', call), stored('a', 'ended', call), stored('a', 'ended', call)];
    expect(judge(sent, events, [row('a')])).toEqual({ doubled: 1 });
  });

  it('tells a redial apart by its time, and tells when it became the call before', () => {
    const later = AT + 65_000;
    const both = [...sent, sentOf(again, 'incoming', later), sentOf(again, 'ended', later)];
    const events = (second: string) => [
      stored('a', 'incoming', call),
      stored('a', 'ended', call),
      stored(second, 'incoming', again, later),
      stored(second, 'ended', again, later),
    ];
    expect(judge(both, events('b'), [row('a'), row('b')])).toEqual({});
    expect(judge(both, events('a'), [row('a')])).toEqual({ mergedWrongly: 1 });
  });

  it('tells what nobody told of, what lies with another company, and a call that did not end', () => {
    const events = [stored('a', 'incoming', call), stored('a', 'ended', call)];
    const other = plannedCall({ origin: '4799999999' });
    expect(judge(sent, [...events, stored('b', 'ended', other)], [row('a'), row('b')])).toEqual({ stray: 2 });
    expect(judge(sent, events, [row('a', { tenant: 'numbers-b' })])).toEqual({ foreign: 1 });
    expect(judge(sent, events, [row('a', { state: 'answered' })])).toEqual({ wrongState: 1 });
    expect(judge(sent, events, [])).toEqual({ lost: 1 });
  });
});

describe('a click that came to nothing', () => {
  const call = plannedCall();
  const dial = { call, intentId: 'i1', callId: 'c1', originates: 0 };
  const told = (type: string, at = AT) =>
    ({ type, eventId: `${type} ${at}`, tenant: 'numbers-a', callId: 'c1', intentId: 'i1', at }) as CallEvent;
  const lost = (events: CallEvent[], undiallable: { fromMs: number; toMs: number }[]) => {
    const faults = createLedgerFaults();
    judgeCalls([], [dial], { events, calls: [row('c1')] }, faults, undiallable);
    return faults.count('lost');
  };
  const outage = [{ fromMs: AT - 1_000, toMs: AT + 1_000 }];

  it('is lost, unless nobody could dial then and the agent was told', () => {
    expect(lost([told('call.requested'), told('dial.failed')], outage)).toBe(0);
    expect(lost([told('call.requested'), told('dial.failed')], [])).toBe(1);
    expect(lost([told('call.requested')], outage)).toBe(1);
    expect(lost([told('call.requested', AT + 5_000), told('dial.failed', AT + 6_000)], outage)).toBe(1);
  });
});
