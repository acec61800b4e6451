import { randomBytes, randomUUID } from 'node:crypto';
import { type CallEvent, type CallView, toUuidV7, uuidV7Time } from '@ramal/contracts';

type Incoming = Extract<CallEvent, { type: 'call.incoming' }>;

/** A fresh call id of a given moment. */
export function callIdAt(time: string | number): string {
  return toUuidV7(new Date(time).getTime(), randomBytes(10));
}

/** An incoming call, or another callback event, with what the test cares about. */
export function incoming(overrides: Partial<Incoming> = {}): CallEvent {
  const callId = overrides.callId ?? callIdAt(Date.now());
  return {
    type: 'call.incoming',
    eventId: randomUUID(),
    tenant: 'acme',
    callId,
    at: uuidV7Time(callId),
    direction: 'inbound',
    ramal: '3501',
    user: 'ana',
    peer: '(47) 3210-0123',
    origin: '4732100123',
    destination: '3501',
    matchedBy: 'created',
    ...overrides,
  };
}

export function ended(callId: string, overrides: Partial<Incoming> = {}): CallEvent {
  const at = uuidV7Time(callId) + 60_000;
  return { ...incoming({ callId, at, ...overrides }), type: 'call.ended' } as CallEvent;
}

/** The least of a call: who, and ended or not, as a function of the set of events. */
export function reduceForTest(events: readonly CallEvent[]): CallView {
  const first = events[0];
  if (first === undefined) throw new RangeError('no events');
  const said = events.find((event) => 'matchedBy' in event);
  const end = events.find((event) => event.type === 'call.ended');
  return {
    callId: first.callId,
    direction: said?.direction ?? 'unknown',
    state: end === undefined ? 'ringing' : 'ended',
    ramal: said?.ramal ?? null,
    user: said?.user ?? null,
    peer: { raw: said?.peer ?? '', e164: null, display: said?.peer ?? '' },
    origin: said?.origin ?? null,
    destination: said?.destination ?? null,
    startedAt: uuidV7Time(first.callId),
    answeredAt: null,
    endedAt: end?.at ?? null,
    // Lets a test count the events the row was made of.
    durationSec: events.length,
    result: end === undefined ? null : 'completed',
    reason: null,
    recording: said?.recording ?? null,
    externalCallId: said?.externalCallId ?? null,
    intentId: null,
    matchedBy: said?.matchedBy ?? null,
    context: null,
  };
}
