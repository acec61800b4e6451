import { uuidV7Time } from '@ramal/contracts';
import { EventDataError } from './data-error.ts';

const EARLIEST_CALL_MS = Date.UTC(2000, 0);
const END_OF_CALLS_MS = Date.UTC(2100, 0);
const END_OF_TIME_MS = Date.UTC(10_000, 0);

/** An instant as PostgreSQL reads it, in UTC. Throws EventDataError outside the years 1970 to 9999. */
export function toInstant(epochMs: number): string {
  if (!(epochMs >= 0 && epochMs < END_OF_TIME_MS)) {
    throw new EventDataError('time_invalid', `${epochMs} is no storable time`);
  }
  return new Date(epochMs).toISOString();
}

/**
 * Whether a call id is a UUIDv7 of the years 2000 to 2099: others are never stored, because each month seen
 * becomes a partition.
 */
export function isCallId(callId: string): boolean {
  const epochMs = uuidV7Time(callId);
  return callId[14] === '7' && epochMs >= EARLIEST_CALL_MS && epochMs < END_OF_CALLS_MS;
}

/** The partition column of a call: the time inside its id. Throws EventDataError unless `isCallId`. */
export function toStartedAt(callId: string): string {
  if (!isCallId(callId)) {
    throw new EventDataError('call_id_time_invalid', `call id ${callId} holds no plausible time`);
  }
  return new Date(uuidV7Time(callId)).toISOString();
}
