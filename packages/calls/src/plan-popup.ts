import type { CallEvent, Popup } from '@ramal/contracts';
import type { AgentMessage } from './agent-messages.ts';
import type { CallCommit } from './call-commit.ts';
import type { LiveCall } from './match-callback.ts';
import { toLines } from './call-lines.ts';
import { isClosed, toNextMoment } from './reduce-call.ts';
import { toStableId } from './stable-id.ts';

/**
 * An agent saw a pop-up or closed it: recorded on the call. All the agent's tabs hear of it, and a closed one goes
 * from them all.
 * @param options.popup as it stands, read after `options.call`
 */
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
    at: toNextMoment(call.events, nowMs),
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
    ended: isClosed(events),
    lines: toLines(events),
    deliveries: [{ user, messages: [toMessage(popup, reaction, event.at)] }],
  };
}

function toMessage(popup: Popup, reaction: 'popup.seen' | 'popup.dismissed', at: number): AgentMessage {
  if (reaction === 'popup.dismissed') {
    return {
      op: 'popup.hide',
      ts: at,
      data: { ...popup, hidden: 'dismissed' },
      popup: { change: 'hide', popup },
    };
  }
  const seen = { ...popup, seenAt: at };
  return { op: 'popup.update', ts: at, data: seen, popup: { change: 'update', popup: seen } };
}
