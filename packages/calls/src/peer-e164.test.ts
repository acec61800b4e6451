import { describe, expect, it } from 'vitest';
import type { CallCommit } from './call-commit.ts';
import type { Callback, LiveCall } from './match-callback.ts';
import { type CallbackPlan, planCallback } from './plan-callback.ts';
import { planDialRequest } from './plan-dial.ts';
import { reduceCall } from './reduce-call.ts';

const NOW_MS = 1_760_000_000_000;
const CALL_ID = '0199c82c-c000-7000-8000-000000000001';

const dialled = (toE164?: string): CallCommit =>
  planDialRequest({
    tenant: 'acme',
    user: 'ana',
    ramal: '3501',
    intentId: 'click-1',
    callId: CALL_ID,
    to: '4799991234',
    toE164,
    direction: 'outbound',
    via: 'agent',
    nowMs: NOW_MS,
  });

function told(change: Partial<Callback>, candidates: LiveCall[] = []): CallbackPlan {
  const callback: Callback = {
    kind: 'ended',
    direction: 'outbound',
    legs: [{ ramal: '3501', user: 'ana' }],
    peer: '+5547999991234',
    origin: '3501',
    destination: '+5547999991234',
    ...change,
  };
  return planCallback(callback, {
    tenant: 'acme',
    nowMs: NOW_MS + 1000,
    candidates,
    lines: [],
    presentUsers: new Set(['ana']),
    newCallId: CALL_ID,
  });
}

function committed(plan: CallbackPlan): CallCommit {
  if (plan.kind !== 'commit') throw new Error('a commit was expected');
  return plan.commit;
}

const live = ({ events }: CallCommit): LiveCall => ({ callId: CALL_ID, version: 1, events });

describe('R34 the far end of a call', () => {
  it('keeps its raw spelling beside the E.164, and is shown the way people write it', () => {
    const { events, deliveries } = dialled('+5547999991234');
    const peer = { raw: '4799991234', e164: '+5547999991234', display: '(47) 99999-1234' };
    expect(reduceCall(events).peer).toEqual(peer);
    const shown = deliveries[0]?.messages.find(({ op }) => op === 'popup.show');
    expect(shown?.data).toMatchObject({ kind: 'start', peer });
  });

  it('has no E.164 where the tenant did not opt in', () => {
    const { events } = dialled();
    expect(events[0]).not.toHaveProperty('peerE164');
    expect(reduceCall(events).peer).toEqual({ raw: '4799991234', e164: null, display: '4799991234' });
  });

  it('of a call received is what its callback says', () => {
    const { events } = committed(told({ direction: 'inbound', peer: '32100123', peerE164: '+554732100123' }));
    expect(reduceCall(events).peer).toEqual({
      raw: '32100123',
      e164: '+554732100123',
      display: '(47) 3210-0123',
    });
  });
});

describe('R34 R46 a callback under the normalised number', () => {
  it('ends the call that was dialled under the old one, without the ninth digit', () => {
    const { callId, events } = committed(told({}, [live(dialled())]));
    expect(callId).toBe(CALL_ID);
    expect(events).toHaveLength(2);
    expect(events[1]).toMatchObject({ type: 'call.ended', matchedBy: 'numbers' });
  });

  it('I3 is the same callback when it is told again after the tenant has opted in', () => {
    const first = live(committed(told({})));
    expect(told({ peerE164: '+5547999991234' }, [first]).kind).toBe('duplicate');
  });
});
