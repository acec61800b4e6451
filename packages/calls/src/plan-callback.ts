import type { CallbackEvent, CallEvent } from '@ramal/contracts';
import { toDeliveries } from './agent-messages.ts';
import type { CallCommit } from './call-commit.ts';
import { type Callback, type CallbackKind, type LiveCall, matchCallback } from './match-callback.ts';
import { toLines } from './call-lines.ts';
import { reduceCall, toLegs } from './reduce-call.ts';
import { toStableId } from './stable-id.ts';

/** What was read before a callback is planned. */
export interface CallbackScene {
  tenant: string;
  nowMs: number;
  candidates: readonly LiveCall[];
  /** The lines that were read, see `toCallbackLines`, with their versions. */
  lines: NonNullable<CallCommit['expectedLines']>;
  presentUsers: ReadonlySet<string>;
  /** The id the call gets if it is new. */
  newCallId: string;
}

export type CallbackPlan =
  | { kind: 'duplicate'; callId: string }
  | { kind: 'commit'; commit: CallCommit; event: CallbackEvent };

const EVENT_TYPES = {
  incoming: 'call.incoming',
  answered: 'call.answered',
  ended: 'call.ended',
  recording: 'call.recording',
} as const satisfies Record<CallbackKind, CallEvent['type']>;

/** Decides what one callback means: a fact of a known call, a new call, or nothing new (R44-R46, I3, I4). */
export function planCallback(callback: Callback, scene: CallbackScene): CallbackPlan {
  const match = matchCallback(callback, scene.candidates, scene.nowMs);
  const known = match?.call ?? { callId: scene.newCallId, version: 0, events: [] };
  const said = toEvent(callback, scene, known.callId, match?.matchedBy ?? 'created');
  const event = { ...said, ...toSkipped(callback.kind, [...known.events, said], scene.presentUsers) };
  if (known.events.some(({ eventId }) => eventId === event.eventId))
    return { kind: 'duplicate', callId: known.callId };
  const events = [...known.events, event];
  const commit: CallCommit = {
    tenant: scene.tenant,
    callId: known.callId,
    commitId: event.eventId,
    expectedVersion: known.version,
    events,
    ended: reduceCall(events).state === 'ended',
    lines: toLines(events),
    ...(match === null ? { expectedLines: scene.lines } : {}),
    ...(callback.externalCallId === undefined ? {} : { externalCallId: callback.externalCallId }),
    deliveries: toDeliveries(known.events, event, scene.presentUsers),
  };
  return { kind: 'commit', commit, event };
}

function toEvent(
  callback: Callback,
  scene: CallbackScene,
  callId: string,
  matchedBy: CallbackEvent['matchedBy'],
): CallbackEvent {
  const {
    kind,
    direction,
    legs,
    peer,
    peerE164,
    origin,
    destination,
    externalCallId,
    result,
    durationSec,
    recording,
    ctiAtMs,
  } = callback;
  const leg = legs.find(({ user }) => user !== null) ?? legs[0];
  const fingerprint = [origin, destination, externalCallId, result, durationSec, recording, ctiAtMs];
  return {
    type: EVENT_TYPES[kind],
    eventId: toStableId(scene.tenant, callId, kind, ...fingerprint.map((fact) => fact ?? null)),
    tenant: scene.tenant,
    callId,
    at: scene.nowMs,
    direction,
    matchedBy,
    ...(leg === undefined ? {} : { ramal: leg.ramal }),
    ...(leg?.user == null ? {} : { user: leg.user }),
    ...(peer === undefined ? {} : { peer }),
    // No part of the fingerprint: the same callback stays the same when the tenant's settings change.
    ...(peerE164 === undefined ? {} : { peerE164 }),
    ...(origin === undefined ? {} : { origin }),
    ...(destination === undefined ? {} : { destination }),
    ...(externalCallId === undefined ? {} : { externalCallId }),
    ...(result == null ? {} : { result }),
    ...(durationSec === undefined ? {} : { durationSec }),
    ...(recording === undefined ? {} : { recording }),
    ...(ctiAtMs === undefined ? {} : { ctiAt: ctiAtMs }),
  };
}

/** Why the pop-up of this callback is not shown to anybody, where it is not (R44). A recording brings none. */
function toSkipped(
  kind: CallbackKind,
  events: readonly CallEvent[],
  presentUsers: ReadonlySet<string>,
): Pick<CallbackEvent, 'popupSkipped'> {
  if (kind === 'recording') return {};
  const users = toLegs(events).flatMap(({ user }) => (user === null ? [] : [user]));
  if (users.length === 0) return { popupSkipped: 'ramal_unknown' };
  if (kind !== 'ended' || users.some((user) => presentUsers.has(user))) return {};
  return { popupSkipped: 'not_logged_in' };
}
