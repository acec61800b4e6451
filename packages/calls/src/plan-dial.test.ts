import { callEvent, dialReason, intentState } from '@ramal/contracts';
import { describe, expect, it } from 'vitest';
import { CALL_ID, event, live, T0 } from '../test/build-events.ts';
import {
  DIAL_DEADLINE_MS,
  type DialStep,
  planDialRequest,
  planDialStep,
  SECOND_CLICK_MS,
  SENT_GRACE_MS,
  toClaim,
  toRequeue,
  toSpentFence,
} from './plan-dial.ts';

const request = {
  tenant: 'acme',
  user: 'ana',
  ramal: '3501',
  intentId: 'click-1',
  callId: CALL_ID,
  to: '4732100123',
  direction: 'outbound',
  via: 'agent',
  nowMs: T0,
} as const;
const intent = { tenant: 'acme', intentId: 'click-1', callId: CALL_ID, user: 'ana', ramal: '3501' };
const call = live([event('call.requested')], 1);

describe('R43 the click', () => {
  const commit = planDialRequest({ ...request, context: { ticket: '42' } });

  it('creates the call, the intent and the start pop-up in one step', () => {
    expect(commit).toMatchObject({
      callId: CALL_ID,
      expectedVersion: 0,
      ended: false,
      lines: [{ ramal: '3501', peerKey: '32100123' }],
    });
    expect(commit.deliveries).toHaveLength(1);
    expect(callEvent.parse(commit.events[0])).toEqual(commit.events[0]);
  });

  it('I1 the intent must be new, and I2 falls due at its deadline', () => {
    expect(commit.intent).toEqual({
      intentId: 'click-1',
      from: [],
      set: {
        state: 'queued',
        callId: CALL_ID,
        user: 'ana',
        ramal: '3501',
        to: '4732100123',
        direction: 'outbound',
        deadlineMs: String(T0 + DIAL_DEADLINE_MS),
      },
      click: { user: 'ana', to: '4732100123', forMs: SECOND_CLICK_MS },
      watch: T0 + DIAL_DEADLINE_MS,
    });
  });

  it.each([
    [3_000, DIAL_DEADLINE_MS - 3_000],
    [DIAL_DEADLINE_MS, 0],
    [99_000, 0],
    [-5_000, DIAL_DEADLINE_MS],
  ])('I2 one that is %i ms old has %i ms left', (ageMs, leftMs) => {
    const { intent } = planDialRequest({ ...request, ageMs });
    expect(intent).toMatchObject({ set: { deadlineMs: String(T0 + leftMs) }, watch: T0 + leftMs });
  });

  it('is the same commit when it is planned again', () => {
    expect(planDialRequest({ ...request, nowMs: T0 + 9 }).commitId).toBe(commit.commitId);
  });
});

it('I1 a claim takes what was not sent, under a fresh fence, before the deadline', () => {
  expect(toClaim('click-1', 'f1')).toEqual({
    intentId: 'click-1',
    from: ['queued', 'claimed'],
    beforeDeadline: true,
    set: { state: 'claimed', fence: 'f1' },
  });
});

describe('each step changes the intent in one way', () => {
  const fence = 'f1';
  type Row = [DialStep, object];
  const rows: Row[] = [
    [
      { type: 'dial.requesting', fence, attempt: 2 },
      { from: ['claimed'], fence, beforeDeadline: true, set: { state: 'sent' } },
    ],
    [
      { type: 'dial.accepted', fence, status: 200, latencyMs: 9 },
      { from: ['sent'], fence, set: { state: 'accepted' }, watch: 'settled' },
    ],
    [
      { type: 'dial.failed', fence, reason: 'cti_rejected', status: 404 },
      { from: ['claimed', 'sent'], fence, set: { state: 'failed' }, watch: 'settled' },
    ],
    [
      { type: 'dial.uncertain', fence, reason: 'cti_reset' },
      { from: ['sent'], fence, set: { state: 'uncertain' }, watch: 'settled' },
    ],
    [
      { type: 'dial.uncertain', reason: 'cti_timeout' },
      { from: ['sent'], set: { state: 'uncertain' }, watch: 'settled', afterDeadlineMs: SENT_GRACE_MS },
    ],
    [
      { type: 'dial.expired' },
      { from: ['queued', 'claimed'], set: { state: 'expired' }, watch: 'settled', afterDeadlineMs: 0 },
    ],
    [
      { type: 'dial.canceled' },
      { from: ['queued', 'claimed'], set: { state: 'canceled' }, watch: 'settled' },
    ],
  ];
  it.each(rows)('%j', (step, change) => {
    const commit = planDialStep(intent, call, step, T0 + 1);
    expect(commit.intent).toEqual({ intentId: 'click-1', ...change });
    const added = commit.events.at(-1);
    expect(callEvent.parse(added)).toEqual(added);
    expect(added?.type).toBe(step.type);
    expect(commit.events.slice(0, -1)).toEqual(call.events);
    expect(commit.expectedVersion).toBe(1);
    expect(commit.lines).toEqual([{ ramal: '3501', peerKey: '32100123' }]);
  });

  it('I1 no step leaves a final state, and only one leads to `sent`', () => {
    const final = ['accepted', 'failed', 'uncertain', 'expired', 'canceled'];
    const changes = rows.map(([step]) => planDialStep(intent, call, step, T0).intent);
    for (const change of changes) {
      expect(change?.from.filter((state) => final.includes(state))).toEqual([]);
      expect(intentState.parse(change?.set['state'])).not.toBe('queued');
      // What is final is not watched any more, what is not still is.
      expect(change?.watch === 'settled').toBe(final.includes(change?.set['state'] ?? ''));
    }
    expect(changes.filter((change) => change?.set['state'] === 'sent')).toHaveLength(1);
  });

  it('the same step of two claims are two commits, of one claim one', () => {
    const failed = (by: string) =>
      planDialStep(intent, call, { type: 'dial.failed', fence: by, reason: 'cti_unreachable' }, T0).commitId;
    expect(failed('f1')).toBe(failed('f1'));
    expect(failed('f1')).not.toBe(failed('f2'));
  });

  it('reasons that are the step’s own are of the contract', () => {
    for (const type of ['dial.expired', 'dial.canceled'] as const) {
      const added = planDialStep(intent, call, { type }, T0).events.at(-1);
      expect(
        dialReason.safeParse(added !== undefined && 'reason' in added ? added.reason : null).success,
      ).toBe(true);
    }
  });
});

describe('I1 the way back from `sent`', () => {
  it('is open to who holds the fence, before the deadline, and leaves nobody’s fence behind', () => {
    expect(toRequeue('click-1', 'f1')).toEqual({
      intentId: 'click-1',
      from: ['claimed', 'sent'],
      fence: 'f1',
      beforeDeadline: true,
      set: { state: 'queued', fence: toSpentFence('f1') },
    });
    expect(toSpentFence('f1')).not.toBe('f1');
    expect(toRequeue('click-1', 'f1', 'cti_reset').set).toMatchObject({ doubt: 'cti_reset' });
  });
});

describe('I1 a dial that may have reached the CTI before', () => {
  const doubtful = { ...intent, doubt: 'cti_reset' } as const;
  const fence = 'f2';

  it.each<[DialStep, object]>([
    [
      { type: 'dial.failed', fence, reason: 'cti_unreachable' },
      { from: ['claimed', 'sent'], fence, watch: 'settled' },
    ],
    [{ type: 'dial.expired' }, { from: ['queued', 'claimed'], afterDeadlineMs: 0, watch: 'settled' }],
  ])('%j: nobody knows, and for the reason of then', (step, change) => {
    const commit = planDialStep(doubtful, call, step, T0 + 1);
    expect(commit.intent).toEqual({ intentId: 'click-1', ...change, set: { state: 'uncertain' } });
    expect(commit.events.at(-1)).toMatchObject({ type: 'dial.uncertain', reason: 'cti_reset' });
  });

  it('is accepted all the same once the CTI says so', () => {
    const step = { type: 'dial.accepted', fence, status: 200, latencyMs: 9 } as const;
    expect(planDialStep(doubtful, call, step, T0 + 1).intent).toMatchObject({ set: { state: 'accepted' } });
  });
});

it('a dial of whose call the CTI has told already is on record as accepted, whatever else is not known', () => {
  const told = live([event('call.requested'), event('call.incoming')], 2);
  const commit = planDialStep(
    intent,
    told,
    { type: 'dial.uncertain', fence: 'f', reason: 'cti_reset' },
    T0 + 9,
  );
  expect(commit.intent).toMatchObject({ from: ['sent'], set: { state: 'accepted' } });
});
