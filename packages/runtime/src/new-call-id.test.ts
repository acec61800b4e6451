import { callId, uuidV7Time } from '@ramal/contracts';
import { expect, it } from 'vitest';
import { newCallId } from './new-call-id.ts';

it('a call id carries its time, and no two are alike, however many are made at one moment', () => {
  const atMs = 1_795_380_273_441;
  const ids = Array.from({ length: 5_000 }, () => newCallId(atMs));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids.slice(0, 900)) {
    expect(callId.safeParse(id).success).toBe(true);
    expect(uuidV7Time(id)).toBe(atMs);
  }
  // Nothing of one is to be found in the next: each has bytes of its own.
  expect(new Set(ids.map((id) => id.slice(24))).size).toBe(ids.length);
});
