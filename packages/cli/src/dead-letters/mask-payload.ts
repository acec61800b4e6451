import { maskNumbersIn } from '@ramal/calls';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** Moments and ages in ms: they look like numbers and are none. */
const TIMES = new Set(['at', 'ageMs', 'startedAt', 'deadline', 'receivedAt']);
const LEAST_DIGITS = 7;

/**
 * What a dead letter holds, without whole telephone numbers (I8). Poison is read as what it is: JSON, value by value, so that
 * ids and times stay; anything else as one text.
 */
export function maskPayload(payload: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(payload);
  } catch {
    return maskNumbersIn(payload);
  }
  return JSON.stringify(maskValue(parsed, ''));
}

function maskValue(value: unknown, name: string): unknown {
  if (typeof value === 'string') return UUID.test(value) ? value : maskNumbersIn(value);
  if (typeof value === 'number' || typeof value === 'bigint') {
    const isLong = String(value).replace(/\D/g, '').length >= LEAST_DIGITS;
    return isLong && !TIMES.has(name) ? maskNumbersIn(String(value)) : value;
  }
  if (Array.isArray(value)) return value.map((one) => maskValue(one, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) => [maskNumbersIn(key), maskValue(held, key)]),
  );
}
