import type { DialEvent, DialReason } from '@ramal/contracts';
import { toRefusalDelivery } from './agent-messages.ts';
import type { CallCommit } from './call-commit.ts';
import { type DialRequest, planDialRequest } from './plan-dial.ts';
import { toNextMoment } from './reduce-call.ts';
import { toStableId } from './stable-id.ts';

/**
 * A click that may not be dialled: recorded together with its end, so that no process ever finds it waiting and dials it.
 * The intent is settled from the first, and the same one again is only a repetition. A later click is a new one.
 */
export function planRefusedDial(request: DialRequest, reason: DialReason): CallCommit {
  const asked = planDialRequest(request);
  const [click] = asked.events;
  if (click?.type !== 'call.requested') throw new TypeError('a click begins its call');
  const { tenant, callId, user, ramal, intentId } = request;
  const refused: DialEvent = {
    type: 'dial.failed',
    eventId: toStableId(tenant, callId, 'dial.failed', ''),
    tenant,
    callId,
    at: toNextMoment([click], request.nowMs),
    user,
    ramal,
    intentId,
    reason,
  };
  return {
    ...asked,
    events: [click, refused],
    newEvents: 2,
    ended: true,
    intent: {
      intentId,
      from: [],
      set: { ...asked.intent?.set, state: 'failed' },
      watch: 'settled',
    },
    deliveries: [toRefusalDelivery([click, refused])],
  };
}
