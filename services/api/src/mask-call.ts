import type { CallEvent, HistoryCall } from '@ramal/contracts';
import { maskNumber, maskNumbersIn } from '@ramal/calls';

/** A call without whole phone numbers, wherever they stand: also in a recording's name and in what the CRM attached. */
export function maskCall(call: HistoryCall): HistoryCall {
  const { peer } = call;
  return {
    ...call,
    ramal: maskWithin(call.ramal),
    peer: {
      raw: maskNumber(peer.raw),
      e164: peer.e164 === null ? null : maskNumber(peer.e164),
      display: maskNumber(peer.display),
    },
    origin: call.origin === null ? null : maskNumber(call.origin),
    destination: call.destination === null ? null : maskNumber(call.destination),
    recording: maskWithin(call.recording),
    externalCallId: maskWithin(call.externalCallId),
    intentId: call.intentId === null ? null : maskIntentId(call.intentId),
    context: call.context === null ? null : maskContext(call.context),
  };
}

/** A fact about a call, without whole phone numbers. */
export function maskEvent(event: CallEvent): CallEvent {
  // A masked E.164 number is none any more, and `peer` shows as much.
  const { peerE164: _, ...kept } = event as CallEvent & { peerE164?: string };
  const masked = Object.fromEntries(
    Object.entries(kept).map(([name, value]): [string, unknown] => [name, maskField(name, value)]),
  );
  return masked as CallEvent;
}

/** Fields that are a number from end to end. */
const NUMBERS = new Set(['peer', 'origin', 'destination']);
/** Fields of which free text may be part. */
const TEXTS = new Set(['ramal', 'recording', 'externalCallId']);

function maskField(name: string, value: unknown): unknown {
  if (typeof value === 'string') {
    if (NUMBERS.has(name)) return maskNumber(value);
    if (TEXTS.has(name)) return maskNumbersIn(value);
    return name === 'intentId' ? maskIntentId(value) : value;
  }
  if (name === 'context') return maskContext(value as Record<string, string>);
  if (name === 'caller') {
    const caller = value as { ramal: string };
    return { ...caller, ramal: maskNumbersIn(caller.ramal) };
  }
  return value;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** A CRM may make it of a number. Its alphabet has no `*`. */
function maskIntentId(intentId: string): string {
  return UUID.test(intentId) ? intentId : maskNumbersIn(intentId).replaceAll('*', 'x');
}

function maskContext(context: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(context).map(([name, value]) => [maskNumbersIn(name), maskNumbersIn(value)]),
  );
}

function maskWithin(text: string | null): string | null {
  return text === null ? null : maskNumbersIn(text);
}
