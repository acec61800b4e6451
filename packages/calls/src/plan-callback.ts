import type { CallbackEvent, CallEvent } from '@ramal/contracts';
import { toEndPopupUsers } from './agent-messages.ts';
import type { CallCommit } from './call-commit.ts';
import { toCallbackCommit } from './callback-commit.ts';
import { toCallbackEventId } from './callback-event-id.ts';
import { eraseFarEnd, isFarEndErased } from './erase-person.ts';
import { type Callback, type CallbackKind, type LiveCall, matchCallback } from './match-callback.ts';
import { toFreeMoment, toLegs, toNextMoment } from './reduce-call.ts';

/** What was read before a callback is planned. */
export interface CallbackScene {
  tenant: string;
  /** Redis time. */
  nowMs: number;
  /**
   * When it was received, by Redis' clock, where it could not be told to Redis then: it is matched and dated as of that
   * moment, whatever has become known since, and pop-ups that have run out meanwhile are left out.
   */
  receivedAtMs?: number;
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
  const match = matchCallback(callback, scene.candidates, scene.receivedAtMs ?? scene.nowMs);
  const known = match?.call ?? { callId: scene.newCallId, version: 0, events: [] };
  const said = toEvent(callback, scene, known, match?.matchedBy ?? 'created');
  if (known.events.some(({ eventId }) => eventId === said.eventId))
    return { kind: 'duplicate', callId: known.callId };
  const skipped = { ...said, ...toSkipped(known.events, said, scene.presentUsers) };
  // Whom somebody asked us to forget stays forgotten, whatever the CTI still tells of the call.
  const event = isFarEndErased(known.events) ? eraseFarEnd(skipped) : skipped;
  return {
    kind: 'commit',
    ...toCallbackCommit({
      event,
      call: known,
      presentUsers: scene.presentUsers,
      nowMs: scene.nowMs,
      ...(match === null ? { expectedLines: scene.lines } : {}),
    }),
  };
}

function toEvent(
  callback: Callback,
  scene: CallbackScene,
  call: LiveCall,
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
  const caller = direction === 'internal' ? legs.find((other) => other !== leg) : undefined;
  return {
    type: EVENT_TYPES[kind],
    eventId: toCallbackEventId({ ...call, tenant: scene.tenant }, callback),
    tenant: scene.tenant,
    callId: call.callId,
    at:
      scene.receivedAtMs === undefined
        ? toNextMoment(call.events, scene.nowMs)
        : toFreeMoment(call.events, scene.receivedAtMs),
    direction,
    matchedBy,
    ...(leg === undefined ? {} : { ramal: leg.ramal }),
    ...(leg?.user == null ? {} : { user: leg.user }),
    ...(caller === undefined
      ? {}
      : { caller: { ramal: caller.ramal, ...(caller.user === null ? {} : { user: caller.user }) } }),
    ...(peer === undefined ? {} : { peer }),
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
  before: readonly CallEvent[],
  said: CallbackEvent,
  presentUsers: ReadonlySet<string>,
): Pick<CallbackEvent, 'popupSkipped'> {
  if (said.type === 'call.recording') return {};
  if (toLegs([...before, said]).every(({ user }) => user === null)) return { popupSkipped: 'ramal_unknown' };
  const users = toEndPopupUsers(before, said);
  if (users.length === 0 || users.some((user) => presentUsers.has(user))) return {};
  return { popupSkipped: 'not_logged_in' };
}
