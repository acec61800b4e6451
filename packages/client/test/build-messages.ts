import type { Call, Popup } from '../src/wire.ts';

const peer = { raw: '4732100123', e164: null, display: '4732100123' };

export function buildCall(over: Partial<Call> = {}): Call {
  return {
    callId: 'call-1',
    direction: 'outbound',
    state: 'ringing',
    ramal: '3501',
    user: 'ana',
    peer,
    origin: '3501',
    destination: '4732100123',
    startedAt: 1,
    answeredAt: null,
    endedAt: null,
    durationSec: null,
    result: null,
    reason: null,
    recording: null,
    externalCallId: null,
    intentId: null,
    matchedBy: null,
    context: null,
    ...over,
  };
}

export function buildPopup(over: Partial<Popup> = {}): Popup {
  return {
    popupId: 'popup-1',
    kind: 'incoming',
    callId: 'call-1',
    direction: 'inbound',
    state: 'ringing',
    peer,
    ramal: '3501',
    startedAt: Date.now(),
    expiresAt: Date.now() + 120_000,
    ...over,
  };
}

/** A token that says whose it is. */
export function buildToken(user = 'ana', lifeMs = 600_000): string {
  const claims = { sub: user, tenant: 'demo', ramal: '3501', exp: (Date.now() + lifeMs) / 1000 };
  return `e30.${btoa(JSON.stringify(claims)).replaceAll('=', '')}.c2ln`;
}
