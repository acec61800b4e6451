import { inboxEvent } from '@ramal/contracts';
import { expect, it } from 'vitest';
import { event, live, T0 } from '../test/build-events.ts';
import { toDeliveries } from './agent-messages.ts';
import { planPopupReaction } from './plan-popup.ts';

const ringing = live([event('call.incoming')]);
const popup = toDeliveries([], event('call.incoming'), new Set())[0]?.messages.at(-1)?.popup?.popup;
if (popup === undefined) throw new Error('no pop-up');
const reaction = { tenant: 'acme', user: 'ana', popup, call: ringing, nowMs: T0 + 700 };

it('I5 a pop-up that was seen stays, and every tab hears when it was seen', () => {
  const { deliveries, events } = planPopupReaction({ ...reaction, reaction: 'popup.seen' });
  const [message] = deliveries[0]?.messages ?? [];
  expect(message).toMatchObject({ op: 'popup.update', data: { ...popup, seenAt: T0 + 700 } });
  expect(message?.popup).toMatchObject({ change: 'update', popup: { expiresAt: popup.expiresAt } });
  expect(inboxEvent.parse({ seq: 1, ...message })).toBeDefined();
  // What changes it later still says so.
  const [next] = toDeliveries(events, event('call.answered', { at: T0 + 5_000 }), new Set());
  expect(next?.messages.at(-1)?.data).toMatchObject({ kind: 'incoming', seenAt: T0 + 700 });
});

it('I5 a pop-up that was dismissed goes from every tab', () => {
  const { deliveries } = planPopupReaction({ ...reaction, reaction: 'popup.dismissed' });
  expect(deliveries).toMatchObject([
    {
      user: 'ana',
      messages: [{ op: 'popup.hide', data: { hidden: 'dismissed' }, popup: { change: 'hide' } }],
    },
  ]);
});
