import type { CallbackEvent, CallEvent, Timeline } from '@ramal/contracts';
import type { StoredTrace } from '@ramal/store';

/** A step on the way to the answer: times as numbers, and everybody it concerns. */
export interface TimelineStep {
  atMs: number;
  step: string;
  by: string | null;
  /** Of a step that concerns an agent: who; of an internal call's facts, both. */
  users: string[];
  popupId: string | null;
  reason: string | null;
  detail: Timeline['steps'][number]['detail'];
}

type Detail = TimelineStep['detail'];

/** A fact about the call, as the steps it consists of. */
export function toEventSteps(event: CallEvent): TimelineStep[] {
  switch (event.type) {
    case 'call.requested': {
      const { via, direction, ramal, peer, peerE164, intentId, context = {} } = event;
      const free = Object.entries(context).map(([name, value]) => [`context.${name}`, value] as const);
      return [
        stepOf(event, 'click', { via, direction, ramal, peer, peerE164, ...Object.fromEntries(free) }),
        stepOf(event, 'intent.queued', { intentId }),
      ];
    }
    case 'dial.requesting':
      return [stepOf(event, 'intent.sent', { attempt: event.attempt })];
    case 'dial.accepted':
      return [stepOf(event, 'intent.accepted', { status: event.status, latencyMs: event.latencyMs })];
    case 'dial.failed':
    case 'dial.expired':
    case 'dial.uncertain':
    case 'dial.canceled': {
      const state = event.type.slice('dial.'.length);
      return [{ ...stepOf(event, `intent.${state}`, { status: event.status }), reason: event.reason }];
    }
    case 'call.incoming':
    case 'call.answered':
    case 'call.ended':
    case 'call.recording':
      return toCallbackSteps(event);
    case 'popup.seen':
    case 'popup.dismissed':
      return [{ ...stepOf(event, event.type, {}), popupId: event.popupId }];
    case 'call.reaped':
      return [stepOf(event, 'call.reaped', {})];
  }
}

/** Which pop-up a callback brings, where it brings one. */
export function toPopupKind(callback: string, direction: unknown): 'incoming' | 'end' | null {
  if (callback === 'ended') return 'end';
  const rings = callback === 'incoming' || callback === 'answered';
  return rings && direction !== 'outbound' ? 'incoming' : null;
}

function toCallbackSteps(event: CallbackEvent): TimelineStep[] {
  const kind = event.type.slice('call.'.length);
  const { direction, ramal, peer, peerE164, origin, destination, externalCallId } = event;
  const { result, durationSec, recording, ctiAt, matchedBy, popupSkipped } = event;
  const steps = [
    stepOf(event, 'callback', {
      kind,
      direction,
      ramal,
      peer,
      peerE164,
      origin,
      destination,
      externalCallId,
      result,
      durationSec,
      recording,
      ctiAt: ctiAt === undefined ? undefined : toTime(ctiAt),
    }),
    stepOf(event, 'match', { matchedBy }),
  ];
  if (popupSkipped === undefined) return steps;
  const skipped = stepOf(event, 'popup.withheld', { kind: toPopupKind(kind, direction) ?? undefined });
  return [...steps, { ...skipped, reason: popupSkipped }];
}

/** A step that a process noted. */
export function toTraceStep({
  atMs,
  step,
  by,
  user,
  popupId,
  reason,
  detail = {},
}: StoredTrace): TimelineStep {
  return {
    atMs,
    step,
    by,
    users: user === undefined ? [] : [user],
    popupId: popupId ?? null,
    reason: reason ?? null,
    detail,
  };
}

/** One step for each batch in which facts reached PostgreSQL; its clock may be another one, but not go before theirs. */
export function toStoredSteps(
  events: readonly { event: CallEvent; storedAtMs: number | null }[],
): TimelineStep[] {
  const batches = new Map<number, CallEvent[]>();
  for (const { event, storedAtMs } of events) {
    if (storedAtMs !== null) batches.set(storedAtMs, [...(batches.get(storedAtMs) ?? []), event]);
  }
  return Array.from(batches, ([storedAtMs, stored]) => ({
    atMs: Math.max(storedAtMs, ...stored.map(({ at }) => at)),
    step: 'stored',
    by: null,
    users: [],
    popupId: null,
    reason: null,
    detail: { events: stored.length },
  }));
}

export function toTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function stepOf(
  event: CallEvent,
  step: string,
  detail: Record<string, Detail[string] | undefined>,
): TimelineStep {
  const users = [
    'user' in event ? event.user : undefined,
    'caller' in event ? event.caller?.user : undefined,
  ].filter((user) => user !== undefined);
  const known = Object.entries(detail).filter(
    (entry): entry is [string, Detail[string]] => entry[1] !== undefined,
  );
  return {
    atMs: event.at,
    step,
    by: null,
    users,
    popupId: null,
    reason: null,
    detail: Object.fromEntries(known),
  };
}
