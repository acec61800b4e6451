import type { CallEvent, Popup } from '@ramal/contracts';
import type { CallCommit } from './call-commit.ts';
import type { LiveCall } from './match-callback.ts';
import { toLines } from './call-lines.ts';
import { reduceCall } from './reduce-call.ts';
import { toStableId } from './stable-id.ts';

/** An agent saw a pop-up or closed it: recorded on the call, and a closed one goes from all the agent's tabs. */
export function planPopupReaction(options: {
  tenant: string;
  user: string;
  popup: Popup;
  reaction: 'popup.seen' | 'popup.dismissed';
  call: LiveCall;
  nowMs: number;
}): CallCommit {
  const { tenant, user, popup, reaction, call, nowMs } = options;
  const event: CallEvent = {
    type: reaction,
    eventId: toStableId(tenant, reaction, popup.popupId),
    tenant,
    callId: call.callId,
    at: nowMs,
    user,
    popupId: popup.popupId,
  };
  const events = [...call.events, event];
  return {
    tenant,
    callId: call.callId,
    commitId: event.eventId,
    expectedVersion: call.version,
    events,
    ended: reduceCall(events).state === 'ended',
    lines: toLines(events),
    deliveries:
      reaction === 'popup.seen'
        ? []
        : [
            {
              user,
              messages: [
                {
                  op: 'popup.hide',
                  ts: nowMs,
                  data: { ...popup, hidden: 'dismissed' },
                  popup: { change: 'hide', popup },
                },
              ],
            },
          ],
  };
}
