import type { CallEvent } from '@ramal/contracts';
import { toDeliveries } from './agent-messages.ts';
import type { CallCommit } from './call-commit.ts';
import { toLines } from './call-lines.ts';
import type { LiveCall } from './match-callback.ts';
import { isClosed, reduceCall, toNextMoment } from './reduce-call.ts';
import { toStableId } from './stable-id.ts';

/**
 * Phones of a group that still ring, as far as we know, this long after one of them was told to have stopped have
 * stopped too: that CTI tells one end for all.
 */
const GROUP_RING_MS = 2 * 60 * 1000;

/**
 * When a call may be closed for want of an end, epoch ms; null when it has ended, or was closed.
 * @param maxCallMs how long the tenant lets a call stay open after the last word on it
 */
export function toReapAt(events: readonly CallEvent[], maxCallMs: number): number | null {
  const { state } = reduceCall(events);
  if (state === 'ended') return null;
  const lastWordAt = events.reduce((last, { at }) => Math.max(last, at), 0);
  const ringsOn = state === 'ringing' && events.some(({ type }) => type === 'call.ended');
  return lastWordAt + (ringsOn ? Math.min(GROUP_RING_MS, maxCallMs) : maxCallMs);
}

/** Closes a call whose end nobody told; a late `ended` still corrects it. Two who plan it plan the same event (I4). */
export function planReap(tenant: string, call: LiveCall, nowMs: number): CallCommit {
  const { callId, version } = call;
  const event: CallEvent = {
    type: 'call.reaped',
    eventId: toStableId(tenant, callId, 'call.reaped'),
    tenant,
    callId,
    at: toNextMoment(call.events, nowMs),
  };
  const events = [...call.events, event];
  const { externalCallId } = reduceCall(events);
  return {
    tenant,
    callId,
    commitId: event.eventId,
    expectedVersion: version,
    events,
    // Kept as long as an open call, for the end that may yet be told.
    ended: isClosed(events),
    lines: toLines(events),
    // Renewed, so that a late end that names nothing else still finds the call.
    ...(externalCallId === null ? {} : { externalCallId }),
    deliveries: toDeliveries(call.events, event, new Set()),
  };
}
