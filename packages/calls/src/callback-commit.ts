import type { CallbackEvent, CallEvent } from '@ramal/contracts';
import { type AgentDelivery, toDeliveries } from './agent-messages.ts';
import type { CallCommit } from './call-commit.ts';
import { toLines } from './call-lines.ts';
import type { LiveCall } from './match-callback.ts';
import { isClosed } from './reduce-call.ts';

/** The step that makes a callback's event one more fact of its call, and the event as it is then written. */
export function toCallbackCommit(options: {
  event: CallbackEvent;
  call: LiveCall;
  presentUsers: ReadonlySet<string>;
  /** Redis time: no pop-up is shown that has run out by then. */
  nowMs: number;
  expectedLines?: CallCommit['expectedLines'];
}): { commit: CallCommit; event: CallbackEvent } {
  const { call, presentUsers, nowMs, expectedLines } = options;
  const { deliveries, expired } = dropExpired(toDeliveries(call.events, options.event, presentUsers), nowMs);
  const event = expired ? { ...options.event, popupSkipped: 'expired' as const } : options.event;
  const events = [...call.events, event];
  const commit: CallCommit = {
    tenant: event.tenant,
    callId: call.callId,
    commitId: event.eventId,
    expectedVersion: call.version,
    events,
    ended: isClosed(events),
    lines: toLines(events),
    ...(expectedLines === undefined ? {} : { expectedLines }),
    ...(event.externalCallId === undefined ? {} : { externalCallId: event.externalCallId }),
    ...toResolved(call.events),
    deliveries,
  };
  return { commit, event };
}

/** Leaves out pop-ups nobody would see any more; `expired` when for that reason none is shown to anybody. */
function dropExpired(
  all: readonly AgentDelivery[],
  nowMs: number,
): { deliveries: AgentDelivery[]; expired: boolean } {
  let dropped = 0;
  let shown = 0;
  const deliveries = all.flatMap(({ user, messages }) => {
    const left = messages.filter(({ popup }) => {
      if (popup?.change !== 'show') return true;
      const isOver = popup.popup.expiresAt <= nowMs;
      if (isOver) dropped += 1;
      else shown += 1;
      return !isOver;
    });
    return left.length === 0 ? [] : [{ user, messages: left }];
  });
  return { deliveries, expired: dropped > 0 && shown === 0 };
}

/** A dial of which nobody knew whether the CTI placed it: it speaks of its call, so it did. */
function toResolved(events: readonly CallEvent[]): Pick<CallCommit, 'resolves'> {
  const doubt = events.find(({ type }) => type === 'dial.uncertain');
  return doubt !== undefined && 'intentId' in doubt ? { resolves: doubt.intentId } : {};
}
