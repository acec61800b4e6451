import { randomFillSync } from 'node:crypto';
import { toUuidV7 } from '@ramal/contracts';

const NEEDED = 10;
/** Drawn in one go: each draw costs far more than its bytes. No byte is ever used twice. */
const pool = new Uint8Array(NEEDED * 400);
let used = pool.length;

/** A fresh, time-ordered call id. `atMs` is Redis time, so that every process agrees on the order. */
export function newCallId(atMs: number): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += NEEDED;
  return toUuidV7(atMs, pool.subarray(used - NEEDED, used));
}
