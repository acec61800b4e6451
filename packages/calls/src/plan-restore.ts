import type { CallbackEvent } from '@ramal/contracts';
import type { CallCommit } from './call-commit.ts';
import { toCallbackCommit } from './callback-commit.ts';
import { eraseFarEnd, isFarEndErased } from './erase-person.ts';
import type { LiveCall } from './match-callback.ts';

/**
 * Brings back an event that Redis was told of and may have lost: a failover costs the tail of what was not replicated
 * yet. It is the very event, with its id, call and times, so that one that PostgreSQL has already stays one (I3). Null
 * where nothing was lost.
 * @param call as Redis has it now; null where it has none
 * @param presentUsers who is logged in now
 */
export function planRestore(
  event: CallbackEvent,
  scene: { call: LiveCall | null; presentUsers: ReadonlySet<string>; nowMs: number },
): CallCommit | null {
  const call = scene.call ?? { callId: event.callId, version: 0, events: [] };
  if (call.events.some(({ eventId }) => eventId === event.eventId)) return null;
  // Who was not there to be shown its pop-up then is not shown it now.
  const presentUsers = event.popupSkipped === undefined ? scene.presentUsers : new Set<string>();
  const restored = isFarEndErased(call.events) ? eraseFarEnd(event) : event;
  return toCallbackCommit({ event: restored, call, presentUsers, nowMs: scene.nowMs }).commit;
}
