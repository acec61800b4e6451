import { randomBytes } from 'node:crypto';
import { toUuidV7 } from '@ramal/contracts';

/** A fresh, time-ordered call id. `atMs` is Redis time, so that every process agrees on the order. */
export function newCallId(atMs: number): string {
  return toUuidV7(atMs, randomBytes(10));
}
