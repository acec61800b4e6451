import type { CallEvent, CallView, Popup, PopupKind } from '@ramal/contracts';
import { toStableId } from './stable-id.ts';

/** How long a pop-up may be shown after the fact that brought it, in ms. */
const LIFETIME_MS = {
  /** Dialling or ringing. */
  ringing: 2 * 60 * 1000,
  /** While the call lasts. */
  answered: 4 * 60 * 60 * 1000,
  /** After a dial that came to nothing: long enough to read why. */
  failed: 30 * 1000,
  /** After the end of the call. */
  ended: 2 * 60 * 1000,
};

/** A call and an agent have at most one pop-up of each kind, so its id follows from the three. */
export function toPopupId(callId: string, user: string, kind: PopupKind): string {
  return toStableId('popup', callId, user, kind);
}

/**
 * The pop-up of one kind, as the call now stands from one agent's side (R46).
 * @param events the call's, for what the agent did with the pop-up so far
 */
export function toPopup(
  kind: PopupKind,
  call: CallView,
  user: string,
  nowMs: number,
  events: readonly CallEvent[],
): Popup {
  const { callId, direction, state, peer, ramal, startedAt } = call;
  const popupId = toPopupId(callId, user, kind);
  const seen = events.find((event) => event.type === 'popup.seen' && event.popupId === popupId);
  return {
    popupId,
    kind,
    callId,
    direction,
    state,
    peer,
    ramal,
    startedAt,
    expiresAt: nowMs + toLifetimeMs(kind, call),
    ...(call.answeredAt === null ? {} : { answeredAt: call.answeredAt }),
    ...(call.recording === null ? {} : { recording: call.recording }),
    ...(call.result === null ? {} : { result: call.result }),
    ...(call.durationSec === null ? {} : { durationSec: call.durationSec }),
    ...(call.reason === null ? {} : { reason: call.reason }),
    ...(call.context === null ? {} : { context: call.context }),
    ...(seen === undefined ? {} : { seenAt: seen.at }),
  };
}

function toLifetimeMs(kind: PopupKind, call: CallView): number {
  if (kind === 'end') return LIFETIME_MS.ended;
  if (call.state === 'ended') return LIFETIME_MS.failed;
  return call.state === 'answered' ? LIFETIME_MS.answered : LIFETIME_MS.ringing;
}
