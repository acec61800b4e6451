import { createTokenBucket } from '@ramal/runtime';

/** How much one socket may send (threat 9): messages and control frames together, and their bytes. */
export interface FrameLimit {
  /** Null: go ahead. Else which limit the frame breaks; the socket is to be closed then. */
  take(nowMs: number, bytes: number): 'frames' | 'bytes' | null;
}

/** A page that was asleep may have saved things up. */
const BURST_SECONDS = 5;

/** @param bytesPerSec 0: no limit */
export function createFrameLimit(framesPerSec: number, bytesPerSec: number): FrameLimit {
  const frames = createTokenBucket(framesPerSec, framesPerSec * BURST_SECONDS);
  const bytes = createTokenBucket(bytesPerSec, bytesPerSec * BURST_SECONDS);
  return {
    take(nowMs, size) {
      if (!frames.take(nowMs)) return 'frames';
      return bytesPerSec === 0 || bytes.take(nowMs, size) ? null : 'bytes';
    },
  };
}
