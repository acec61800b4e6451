import { randomBytes, randomUUID } from 'node:crypto';
import { toPopupId } from '@ramal/calls';
import { type CallEvent, timelineResponse, toUuidV7 } from '@ramal/contracts';
import type { StoredTrace } from '@ramal/store';
import { describe, expect, it } from 'vitest';
import { buildTimeline, type CallRecord } from './build-timeline.ts';
import type { Viewer } from './timeline-view.ts';

const T0 = 1_795_380_273_441;
const CALL = toUuidV7(T0, randomBytes(10));
const popupOf = (kind: 'start' | 'incoming' | 'end', user = 'ana') => toPopupId(CALL, user, kind);
const COMPANY: Viewer = { kind: 'company' };

const base = (at: number) => ({ eventId: randomUUID(), tenant: 'acme', callId: CALL, at: T0 + at });
const dial = (at: number) => ({ ...base(at), user: 'ana', ramal: '3501', intentId: 'click-4732100123' });
const requested = (): CallEvent => ({
  ...dial(0),
  type: 'call.requested',
  direction: 'outbound',
  peer: '4732100123',
  via: 'agent',
  context: { deal: '8812', phone: '(47) 3210-0123' },
});
const callback = (
  type: 'call.incoming' | 'call.answered' | 'call.ended',
  at: number,
  over = {},
): CallEvent => ({
  ...base(at),
  type,
  direction: 'outbound',
  ramal: '3501',
  user: 'ana',
  peer: '4732100123',
  origin: '3501',
  destination: '4732100123',
  matchedBy: 'numbers',
  ...over,
});
const inbound = (type: 'call.incoming' | 'call.ended', at: number, over = {}) =>
  callback(type, at, { direction: 'inbound', origin: '4732100123', destination: '3501', ...over });
const trace = (step: StoredTrace['step'], at: number, over: Partial<StoredTrace> = {}): StoredTrace => ({
  traceId: randomUUID(),
  callId: CALL,
  tenant: 'acme',
  atMs: T0 + at,
  step,
  by: 'dialer@host-12',
  ...over,
});
const published = (kind: 'start' | 'incoming' | 'end', at: number, connected = true, user = 'ana') =>
  trace('popup.published', at, { user, popupId: popupOf(kind, user), detail: { kind, connected } });
const delivered = (kind: 'start' | 'incoming' | 'end', at: number, over: Partial<StoredTrace> = {}) =>
  trace('popup.delivered', at, {
    user: 'ana',
    popupId: popupOf(kind),
    detail: { socket: 's', claimed: true },
    ...over,
  });

function build(events: CallEvent[], traces: StoredTrace[], viewer = COMPANY, over: Partial<CallRecord> = {}) {
  const stored = events.map((event) => ({ event, storedAtMs: null }));
  const record = { callId: CALL, events: stored, traces, standing: new Set<string>(), nowMs: T0 + 3_600_000 };
  return timelineResponse.parse(buildTimeline({ ...record, ...over }, viewer));
}
const outcomesOf = (...args: Parameters<typeof build>) =>
  build(...args).popups.map(({ kind, outcome, reason }) => [kind, outcome, reason].join(' ').trim());

const accepted: CallEvent = { ...dial(60), type: 'dial.accepted', status: 200, latencyMs: 11 };
const REQUEST = {
  user: 'ana',
  detail: { method: 'GET', url: 'http://10.0.0.7/dial?to=********23', prefix: 'none', attempt: 1 },
};
const ANSWER = { user: 'ana', detail: { status: 200, latencyMs: 11, verdict: 'dial.accepted' } };
const WHOLE_EVENTS = [
  requested(),
  { ...dial(40), type: 'dial.requesting', attempt: 1 } as CallEvent,
  accepted,
  callback('call.answered', 300),
  callback('call.ended', 900, { recording: 'https://pbx/rec/4732100123.wav' }),
  { ...base(1_500), type: 'popup.seen', user: 'ana', popupId: popupOf('end') } as CallEvent,
  { ...base(1_900), type: 'popup.dismissed', user: 'ana', popupId: popupOf('end') } as CallEvent,
];
const WHOLE_TRACES = [
  // Noted a moment after what they brought about, as clocks of several processes have it.
  published('start', 8),
  delivered('start', 4),
  trace('job.queued', 30, { user: 'ana', detail: { urgent: false } }),
  trace('job.taken', 28, { user: 'ana', detail: { attempt: 1, waitedMs: 20 } }),
  trace('cti.request', 50, REQUEST),
  trace('cti.answer', 62, ANSWER),
  trace('callback.received', 303, { detail: { kind: 'answered', outcome: 'stored', tries: 1, ms: 2.5 } }),
  trace('callback.received', 899, { detail: { kind: 'ended', outcome: 'stored', tries: 1, ms: 1 } }),
  published('end', 902),
  delivered('end', 905),
];

describe('the timeline of a call', () => {
  it('tells every step in the order of what brings about what', () => {
    const { steps, popups } = build(WHOLE_EVENTS, WHOLE_TRACES);
    expect(steps.map(({ step }) => step)).toEqual([
      'click',
      'intent.queued',
      'popup.published',
      'popup.delivered',
      'job.queued',
      'job.taken',
      'intent.sent',
      'cti.request',
      'cti.answer',
      'intent.accepted',
      'callback.received',
      'callback',
      'match',
      'callback.received',
      'callback',
      'match',
      'popup.published',
      'popup.delivered',
      'popup.seen',
      'popup.dismissed',
    ]);
    expect(steps.map(({ at }) => at)).toEqual(steps.map(({ at }) => at).toSorted());
    expect(popups.map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual([
      'start delivered',
      'end dismissed',
    ]);
  });

  it('says when facts were stored, once for each batch and never before they were facts', () => {
    const [first, second, third] = WHOLE_EVENTS as [CallEvent, CallEvent, CallEvent];
    const { steps } = build([], [], COMPANY, {
      events: [
        { event: first, storedAtMs: T0 + 200 },
        { event: second, storedAtMs: T0 + 200 },
        // A database whose clock is behind.
        { event: third, storedAtMs: T0 - 5_000 },
        { event: accepted, storedAtMs: null },
      ],
    });
    const told = steps.filter(({ step }) => step === 'stored');
    expect(told.map(({ at, detail }) => [Date.parse(at) - T0, detail])).toEqual([
      [60, { events: 1 }],
      [200, { events: 2 }],
    ]);
  });

  it('tells a dial that came to nothing with its reason', () => {
    const failed: CallEvent = { ...dial(90), type: 'dial.failed', reason: 'cti_auth_failed', status: 401 };
    expect(build([requested(), failed], []).steps.at(-1)).toMatchObject({
      step: 'intent.failed',
      reason: 'cti_auth_failed',
      detail: { status: 401 },
    });
  });
});

describe('what became of a pop-up', () => {
  const ring = inbound('call.incoming', 0);
  const end = inbound('call.ended', 500);

  it('is what a person did with it, else whether it came to a screen', () => {
    const traces = [published('incoming', 1), delivered('incoming', 2)];
    expect(outcomesOf([ring], traces)).toEqual(['incoming delivered']);
    const seen = { ...base(5), type: 'popup.seen', user: 'ana', popupId: popupOf('incoming') } as CallEvent;
    expect(outcomesOf([ring, seen], traces)).toEqual(['incoming seen']);
    // Also where the flight recorder has lost the rest.
    expect(outcomesOf([ring, seen], [])).toEqual(['incoming seen']);
  });

  it('claimed_elsewhere concerns a screen and not the pop-up', () => {
    const passive = delivered('incoming', 2, { reason: 'claimed_elsewhere' });
    const traces = [published('incoming', 1), passive, delivered('incoming', 2)];
    expect(outcomesOf([ring], traces)).toEqual(['incoming delivered']);
    expect(build([ring], traces).steps.filter(({ reason }) => reason === 'claimed_elsewhere')).toHaveLength(
      1,
    );
  });

  it('is waiting while it stands, or while steps may still be under way', () => {
    const traces = [published('incoming', 1, false)];
    expect(outcomesOf([ring], traces, COMPANY, { standing: new Set([popupOf('incoming')]) })).toEqual([
      'incoming waiting',
    ]);
    expect(outcomesOf([ring], traces, COMPANY, { nowMs: T0 + 2_000 })).toEqual(['incoming waiting']);
    expect(outcomesOf([ring], traces, COMPANY, { standing: null, nowMs: T0 + 100_000 })).toEqual([
      'incoming waiting',
    ]);
  });

  it('is not shown for want of an agent, because it ran out, or because the call was over', () => {
    expect(outcomesOf([ring], [published('incoming', 1, false)])).toEqual([
      'incoming not_shown not_logged_in',
    ]);
    expect(outcomesOf([ring], [published('incoming', 1)])).toEqual(['incoming not_shown expired']);
    expect(outcomesOf([ring, end], [published('incoming', 1)])).toEqual(['incoming not_shown ended']);
    const left = trace('popup.withheld', 9, {
      user: 'ana',
      popupId: popupOf('incoming'),
      reason: 'dismissed',
    });
    expect(outcomesOf([ring], [published('incoming', 1, false), left])).toEqual([
      'incoming not_shown dismissed',
    ]);
  });

  it('that nobody made: nobody there, nobody known there, or a company that is switched off', () => {
    const skipped = inbound('call.ended', 500, { popupSkipped: 'not_logged_in' });
    expect(outcomesOf([ring, skipped, { ...skipped, eventId: randomUUID() }], [])).toEqual([
      'end not_shown not_logged_in',
    ]);
    const unknown = inbound('call.incoming', 0, { user: undefined, popupSkipped: 'ramal_unknown' });
    expect(outcomesOf([unknown], [])).toEqual(['incoming not_shown ramal_unknown']);
    const refused = trace('callback.refused', 400, {
      user: 'ana',
      reason: 'tenant_inactive',
      detail: { kind: 'ended', direction: 'inbound' },
    });
    expect(outcomesOf([ring], [refused])).toEqual(['end not_shown tenant_inactive']);
  });
});

describe('who sees what of it', () => {
  it('I8 the operator sees the last four digits of every number, in every field', () => {
    const timeline = build(WHOLE_EVENTS, WHOLE_TRACES, { kind: 'operator' });
    const text = JSON.stringify(timeline);
    expect(text).not.toMatch(/47\D{0,5}3210/);
    expect(text).not.toContain('32100123');
    expect(timeline.steps[0]?.detail).toMatchObject({
      peer: '******0123',
      ramal: '3501',
      'context.phone': '(**) ****-0123',
      'context.deal': '8812',
    });
    const request = timeline.steps.find(({ step }) => step === 'cti.request');
    expect(request).toMatchObject({ by: 'dialer@host-12', detail: { method: 'GET' } });
    expect(build(WHOLE_EVENTS, WHOLE_TRACES).steps.map(({ step }) => step)).toEqual(
      timeline.steps.map(({ step }) => step),
    );
  });

  it('an agent sees own steps, and nothing of the CTI or of our machines', () => {
    const others = published('incoming', 20, true, 'bruno');
    const { steps, popups } = build(WHOLE_EVENTS, [...WHOLE_TRACES, others], { kind: 'agent', user: 'ana' });
    expect(JSON.stringify({ steps, popups })).not.toMatch(/bruno|host|10\.0\.0\.7|pbx|GET|"status"/);
    expect(steps.every(({ by }) => by === null)).toBe(true);
    expect(steps.find(({ step }) => step === 'cti.answer')?.detail).toEqual({
      latencyMs: 11,
      verdict: 'dial.accepted',
    });
    expect(popups.map(({ user }) => user)).toEqual(['ana', 'ana']);
  });

  it('of an internal call each end sees the facts, and only its own dial and pop-ups', () => {
    const rings = callback('call.incoming', 20, {
      direction: 'internal',
      ramal: '3502',
      user: 'bruno',
      caller: { ramal: '3501', user: 'ana' },
    });
    const traces = [published('start', 1), published('incoming', 21, true, 'bruno')];
    const seenBy = (user: string) =>
      build([requested(), rings], traces, { kind: 'agent', user }).steps.map(
        ({ step, ...at }) => `${step} ${at.user}`,
      );
    expect(seenBy('ana')).toEqual([
      'click ana',
      'intent.queued ana',
      'popup.published ana',
      'callback ana',
      'match ana',
    ]);
    expect(seenBy('bruno')).toEqual(['callback bruno', 'match bruno', 'popup.published bruno']);
  });
});
