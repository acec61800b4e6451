import { expect, it } from 'vitest';
import { planRefusedDial, reduceCall } from './index.ts';

const request = {
  tenant: 'acme',
  user: 'ana',
  ramal: '3501',
  intentId: 'click-1',
  callId: '01a20500-e121-73a0-950c-b22f42cfd4aa',
  to: '3502',
  direction: 'internal' as const,
  via: 'api' as const,
  context: { deal: '8812' },
  nowMs: 1_795_380_273_441,
};

it('threat 1 a refused dial begins and ends in one commit, whose intent nobody can take', () => {
  const commit = planRefusedDial(request, 'dials_blocked');
  expect(commit).toMatchObject({ expectedVersion: 0, newEvents: 2, ended: true });
  expect(commit.intent).toMatchObject({ from: [], watch: 'settled', set: { state: 'failed', to: '3502' } });
  // A later click is not taken for this one.
  expect(commit.intent?.click).toBeUndefined();
  expect(reduceCall(commit.events)).toMatchObject({
    state: 'ended',
    result: 'failed',
    reason: 'dials_blocked',
    user: 'ana',
    context: { deal: '8812' },
  });
  expect(new Set(commit.events.map(({ eventId }) => eventId)).size).toBe(2);
});

it('threat 1 tells who clicked, and not the colleague who was not called', () => {
  const { deliveries } = planRefusedDial(request, 'dial_rate_exceeded');
  expect(deliveries.map(({ user }) => user)).toEqual(['ana']);
  expect(deliveries[0]?.messages.map(({ op, popup }) => `${op} ${popup?.popup.reason ?? ''}`)).toEqual([
    'call.created ',
    'dial.failed ',
    'call.ended ',
    'popup.show dial_rate_exceeded',
  ]);
});
