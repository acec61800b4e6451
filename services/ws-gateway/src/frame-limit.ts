import { createTokenBucket, type TokenBucket } from '@ramal/runtime';

/** How much one socket may send (threat 9): messages and control frames together, and their bytes. */
export interface FrameLimit {
  /** Null: go ahead. Else which limit the frame breaks; the socket is to be closed then. */
  take(nowMs: number, bytes: number): 'frames' | 'bytes' | null;
}

/** A page that was asleep may have saved things up. */
const BURST_SECONDS = 5;

/** @param bytesPerSec 0: no limit */
export function createFrameLimit(framesPerSec: number, bytesPerSec: number): FrameLimit {
  return new SocketFrameLimit(
    createTokenBucket(framesPerSec, framesPerSec * BURST_SECONDS),
    bytesPerSec === 0 ? null : createTokenBucket(bytesPerSec, bytesPerSec * BURST_SECONDS),
  );
}

class SocketFrameLimit implements FrameLimit {
  readonly #frames: TokenBucket;
  readonly #bytes: TokenBucket | null;

  constructor(frames: TokenBucket, bytes: TokenBucket | null) {
    this.#frames = frames;
    this.#bytes = bytes;
  }

  take(nowMs: number, size: number): 'frames' | 'bytes' | null {
    if (!this.#frames.take(nowMs)) return 'frames';
    return this.#bytes === null || this.#bytes.take(nowMs, size) ? null : 'bytes';
  }
}
