import type { CallContext, CallEvent, Direction, DialReason, IntentState } from '@ramal/contracts';
import { toDeliveries } from './agent-messages.ts';
import type { CallCommit, IntentChange } from './call-commit.ts';
import type { LiveCall } from './match-callback.ts';
import { toLines } from './call-lines.ts';
import { isClosed, toNextMoment } from './reduce-call.ts';
import { toStableId } from './stable-id.ts';

/** How long after the click a phone may begin to ring (I2), in ms. */
export const DIAL_DEADLINE_MS = 10_000;

/** How long after the deadline an intent whose request is out waits for the dialer's own verdict, in ms. */
export const SENT_GRACE_MS = 1_000;

/** Two clicks of one agent on one number within this many ms are one. */
export const SECOND_CLICK_MS = 2_000;

export interface DialRequest {
  tenant: string;
  user: string;
  ramal: string;
  intentId: string;
  callId: string;
  /** Diallable, as the agent gave it. */
  to: string;
  /** `to` in E.164, where the tenant opted into normalisation (R34). */
  toE164?: string | undefined;
  direction: Direction;
  via: 'agent' | 'api';
  context?: CallContext | undefined;
  nowMs: number;
  /** How long ago the click was, in ms; default: now. It can make the deadline earlier, never later. */
  ageMs?: number | undefined;
}

/** The click (R43): the call begins to exist, the start pop-up shows and the intent is recorded, all at once. */
export function planDialRequest(request: DialRequest): CallCommit {
  const {
    tenant,
    user,
    ramal,
    intentId,
    callId,
    to,
    toE164,
    direction,
    via,
    context,
    nowMs,
    ageMs = 0,
  } = request;
  const event: CallEvent = {
    type: 'call.requested',
    eventId: toStableId(tenant, callId, 'call.requested'),
    tenant,
    callId,
    at: nowMs,
    user,
    ramal,
    intentId,
    direction,
    peer: to,
    ...(toE164 === undefined ? {} : { peerE164: toE164 }),
    via,
    ...(context === undefined ? {} : { context }),
  };
  const deadlineMs = nowMs + Math.max(0, DIAL_DEADLINE_MS - Math.max(0, ageMs));
  return {
    tenant,
    callId,
    commitId: event.eventId,
    expectedVersion: 0,
    events: [event],
    ended: false,
    lines: toLines([event]),
    intent: {
      intentId,
      from: [],
      set: { state: 'queued', callId, user, ramal, to, direction, deadlineMs: String(deadlineMs) },
      click: { user, to, forMs: SECOND_CLICK_MS },
      watch: deadlineMs,
    },
    deliveries: toDeliveries([], event, new Set()),
  };
}

/** A dialer takes an intent; whoever held it before can't send it any more. Tells the agents nothing. */
export function toClaim(intentId: string, fence: string): IntentChange {
  return { intentId, from: ['queued', 'claimed'], beforeDeadline: true, set: { state: 'claimed', fence } };
}

/**
 * The way back from `sent`, for who holds the fence and knows that the CTI placed nothing, or may safely ask it again
 * (I1). Also from `claimed`: a commit to `sent` whose reply was lost may be still to come, and the new fence keeps it out.
 * @param doubt why an attempt may have reached the CTI after all; it stays on the intent
 */
export function toRequeue(intentId: string, fence: string, doubt?: DialReason): IntentChange {
  return {
    intentId,
    from: ['claimed', 'sent'],
    fence,
    beforeDeadline: true,
    set: { state: 'queued', fence: toSpentFence(fence), ...(doubt === undefined ? {} : { doubt }) },
  };
}

/** The fence on an intent that was given back: nobody's, and telling whose it was. */
export function toSpentFence(fence: string): string {
  return `${fence} given back`;
}

/** What became of an intent, one step at a time. */
export type DialStep =
  | { type: 'dial.requesting'; fence: string; attempt: number }
  | { type: 'dial.accepted'; fence: string; status: number; latencyMs: number; externalCallId?: string }
  | { type: 'dial.failed'; fence: string; reason: DialReason; status?: number }
  | { type: 'dial.uncertain'; fence: string; reason: DialReason; status?: number }
  /** Without a fence: the watchdog's verdict on an intent nobody settled in time. */
  | { type: 'dial.expired' }
  | { type: 'dial.uncertain'; reason: DialReason }
  | { type: 'dial.canceled' };

/**
 * The commit of one step; the intent's state guards that each step happens once and in order (I1). Where an earlier
 * attempt may have reached the CTI (`doubt`), a dial that fails or expires is uncertain: the phone may ring.
 */
export function planDialStep(
  intent: {
    tenant: string;
    intentId: string;
    callId: string;
    user: string;
    ramal: string;
    doubt?: DialReason | undefined;
  },
  call: LiveCall,
  asked: DialStep,
  nowMs: number,
): CallCommit {
  const { tenant, intentId, callId, user, ramal } = intent;
  const step = intent.doubt === undefined ? asked : toDoubtful(asked, intent.doubt);
  const base = {
    // A fence is new for each claim, so that two claims' equal steps stay two commits.
    eventId: toStableId(tenant, callId, step.type, 'fence' in step ? step.fence : ''),
    tenant,
    callId,
    at: toNextMoment(call.events, nowMs),
    user,
    ramal,
    intentId,
  };
  const event = toEvent(base, step);
  const events = [...call.events, event];
  return {
    tenant,
    callId,
    commitId: event.eventId,
    expectedVersion: call.version,
    events,
    ended: isClosed(events),
    lines: toLines(events),
    ...('externalCallId' in step && step.externalCallId !== undefined
      ? { externalCallId: step.externalCallId }
      : {}),
    intent: toRecorded(toIntentChange(intentId, asked), step, call),
    deliveries: toDeliveries(call.events, event, new Set()),
  };
}

function toDoubtful(step: DialStep, reason: DialReason): DialStep {
  switch (step.type) {
    case 'dial.failed':
      return { type: 'dial.uncertain', fence: step.fence, reason };
    case 'dial.expired':
      return { type: 'dial.uncertain', reason };
    case 'dial.requesting':
    case 'dial.accepted':
    case 'dial.uncertain':
    case 'dial.canceled':
      return step;
  }
}

/** The record of a dial that nobody is sure of, unless the CTI's own callback has told of its call already. */
function toRecorded(change: IntentChange, step: DialStep, call: LiveCall): IntentChange {
  if (step.type !== 'dial.uncertain') return change;
  const told = call.events.some((event) => 'matchedBy' in event);
  return { ...change, set: { state: told ? 'accepted' : 'uncertain' } };
}

type EventBase = Pick<
  Extract<CallEvent, { intentId: string }>,
  'eventId' | 'tenant' | 'callId' | 'at' | 'user' | 'ramal' | 'intentId'
>;

function toEvent(base: EventBase, step: DialStep): CallEvent {
  switch (step.type) {
    case 'dial.requesting':
      return { ...base, type: step.type, attempt: step.attempt };
    case 'dial.accepted':
      return {
        ...base,
        type: step.type,
        status: step.status,
        latencyMs: step.latencyMs,
        ...(step.externalCallId === undefined ? {} : { externalCallId: step.externalCallId }),
      };
    case 'dial.failed':
    case 'dial.uncertain':
      return {
        ...base,
        type: step.type,
        reason: step.reason,
        ...('status' in step && step.status !== undefined ? { status: step.status } : {}),
      };
    case 'dial.expired':
      return { ...base, type: step.type, reason: 'deadline_passed' };
    case 'dial.canceled':
      return { ...base, type: step.type, reason: 'canceled_by_agent' };
  }
}

function toIntentChange(intentId: string, step: DialStep): IntentChange {
  const settled = (
    state: IntentState,
    from: readonly IntentState[],
    more: Partial<IntentChange> = {},
  ): IntentChange => ({
    intentId,
    from,
    ...('fence' in step ? { fence: step.fence } : {}),
    set: { state },
    watch: 'settled',
    ...more,
  });
  switch (step.type) {
    case 'dial.requesting':
      // From here on the request may be on the wire: nobody may send it again.
      return { intentId, from: ['claimed'], fence: step.fence, beforeDeadline: true, set: { state: 'sent' } };
    case 'dial.accepted':
      return settled('accepted', ['sent']);
    case 'dial.failed':
      return settled('failed', ['claimed', 'sent']);
    case 'dial.uncertain':
      return 'fence' in step
        ? settled('uncertain', ['sent'])
        : settled('uncertain', ['sent'], { afterDeadlineMs: SENT_GRACE_MS });
    case 'dial.expired':
      return settled('expired', ['queued', 'claimed'], { afterDeadlineMs: 0 });
    case 'dial.canceled':
      return settled('canceled', ['queued', 'claimed']);
  }
}
