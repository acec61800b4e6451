import type { CallbackEvent, CallEvent, CallEventType } from '@ramal/contracts';
import { toUuidV7 } from '@ramal/contracts';
import type { Callback, LiveCall } from '../src/match-callback.ts';
import { toStableId } from '../src/stable-id.ts';

/** When the calls of these tests begin, epoch ms. */
export const T0 = 1_767_225_600_000;

/** A call id that began `atMs`; `n` tells calls of one moment apart. */
export function callIdAt(atMs: number = T0, n = 0): string {
  return toUuidV7(atMs, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, n >> 8, n & 255]));
}

export const CALL_ID = callIdAt();

/** One event with what a test cares about; everything else is filled in. Same input, same event. */
export function event(type: CallEventType, over: Record<string, unknown> = {}): CallEvent {
  const callId = (over['callId'] as string | undefined) ?? CALL_ID;
  const base = {
    type,
    eventId: toStableId('test', callId, type, JSON.stringify(over)),
    tenant: 'acme',
    callId,
    at: T0,
  };
  return { ...base, ...DEFAULTS[type], ...over } as CallEvent;
}

const dial = { user: 'ana', ramal: '3501', intentId: 'click-1' };
const callback = {
  direction: 'inbound',
  ramal: '3501',
  user: 'ana',
  peer: '4732100123',
  origin: '4732100123',
  destination: '3501',
  matchedBy: 'created',
};
const popupId = toStableId('a pop-up');

const DEFAULTS: Record<CallEventType, object> = {
  'call.requested': { ...dial, direction: 'outbound', peer: '4732100123', via: 'agent' },
  'dial.requesting': { ...dial, attempt: 1 },
  'dial.accepted': { ...dial, status: 200, latencyMs: 12 },
  'dial.failed': { ...dial, reason: 'cti_rejected', status: 404 },
  'dial.expired': { ...dial, reason: 'deadline_passed' },
  'dial.uncertain': { ...dial, reason: 'cti_timeout' },
  'dial.canceled': { ...dial, reason: 'canceled_by_agent' },
  'call.incoming': callback,
  'call.answered': callback,
  'call.ended': callback,
  'call.recording': { ...callback, recording: 'https://pbx.example/1.wav' },
  'call.reaped': {},
  'popup.seen': { user: 'ana', popupId },
  'popup.dismissed': { user: 'ana', popupId },
};

/** What the CTI says of a call that ana dialled. */
export const OUTBOUND = {
  direction: 'outbound',
  origin: '3501',
  destination: '4732100123',
  peer: '4732100123',
} satisfies Partial<CallbackEvent>;

export function live(events: readonly CallEvent[], version = events.length): LiveCall {
  const first = events[0];
  if (first === undefined) throw new RangeError('a call has events');
  return { callId: first.callId, version, events };
}

/** A callback of an inbound call to ana's extension. */
export function said(kind: Callback['kind'], over: Partial<Callback> = {}): Callback {
  return {
    kind,
    direction: 'inbound',
    legs: [{ ramal: '3501', user: 'ana' }],
    peer: '4732100123',
    origin: '4732100123',
    destination: '3501',
    ...over,
  };
}

/** A callback of a call from ana's extension. */
export function saidOutbound(kind: Callback['kind'], over: Partial<Callback> = {}): Callback {
  return said(kind, { ...OUTBOUND, ...over });
}
