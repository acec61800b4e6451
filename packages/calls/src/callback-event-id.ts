import type { Callback, LiveCall } from './match-callback.ts';
import { toStableId } from './stable-id.ts';

/**
 * The id of the fact that a callback tells of a call: the same callback told twice is the same fact (I3). Settings of
 * the tenant are no part of it, so that it stays the same when they change.
 */
export function toCallbackEventId(
  call: Pick<LiveCall, 'callId' | 'events'> & { tenant?: string },
  callback: Callback,
): string {
  const { kind, origin, destination, externalCallId, result, durationSec, recording, ctiAtMs } = callback;
  const facts = [origin, destination, externalCallId, result, durationSec, recording, ctiAtMs];
  const tenant = call.tenant ?? call.events[0]?.tenant ?? '';
  return toStableId(tenant, call.callId, kind, ...facts.map((fact) => fact ?? null));
}
