import type { Socket } from 'node:net';

/** Who wrote the bytes. */
export type FaultSide = 'client' | 'server';

/** What is wrong with the line right now; one object that all connections of a proxy share. */
export interface LineFaults {
  silent: boolean;
  delayMs: number;
  /** For each direction of each connection; null is as fast as it goes. */
  bytesPerSec: number | null;
  /** How many bytes may still pass before a connection is cut; null cuts none. `from` null counts both sides. */
  cut: { bytesLeft: number; from: FaultSide | null } | null;
}

/** One direction of one connection. */
export interface FaultPump {
  /** Looks again at what may pass: call it whenever the faults have changed. */
  update(): void;
  stop(): void;
}

/** What waits here above this many bytes makes the writer wait too. */
const HIGH_WATER_BYTES = 1024 * 1024;
/** A slow line moves in small steps. */
const STEPS_PER_SEC = 50;

/** Carries what `source` writes to `sink`, in order and whole, as the faults of the line let it. */
export function createFaultPump(options: {
  source: Socket;
  sink: Socket;
  from: FaultSide;
  faults: LineFaults;
  /** The line was cut: what passed before is on its way to `sink` already. */
  onCut: () => void;
}): FaultPump {
  const { source, sink, from, faults, onCut } = options;
  /** Null stands for the end of what `source` has to say. */
  const waiting: { bytes: Buffer | null; cameMs: number }[] = [];
  let waitingBytes = 0;
  let freeAtMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const take = (bytes: Buffer | null) => {
    waiting.push({ bytes, cameMs: performance.now() });
    waitingBytes += bytes?.length ?? 0;
    update();
  };

  /** Sends the next piece of the oldest bytes, and cuts the connection where that is due. */
  const pass = (oldest: { bytes: Buffer | null }): void => {
    if (oldest.bytes === null) {
      waiting.shift();
      sink.end();
      return;
    }
    const { bytesPerSec, cut } = faults;
    const counts = cut !== null && (cut.from === null || cut.from === from);
    const most = Math.min(
      bytesPerSec === null ? Infinity : Math.max(1, Math.floor(bytesPerSec / STEPS_PER_SEC)),
      counts ? cut.bytesLeft : Infinity,
    );
    const piece = oldest.bytes.subarray(0, most);
    oldest.bytes = oldest.bytes.subarray(piece.length);
    waitingBytes -= piece.length;
    if (oldest.bytes.length === 0) waiting.shift();
    if (bytesPerSec !== null) freeAtMs = performance.now() + (piece.length / bytesPerSec) * 1000;
    if (piece.length > 0) sink.write(piece);
    if (!counts) return;
    cut.bytesLeft -= piece.length;
    // With nothing left, the first byte too many cuts, so that the last one allowed has arrived by itself.
    if (cut.bytesLeft > 0 || waitingBytes === 0) return;
    faults.cut = null;
    stop();
    onCut();
  };

  const update = (): void => {
    clearTimeout(timer);
    while (!stopped && !faults.silent && !sink.writableNeedDrain) {
      const oldest = waiting[0];
      if (oldest === undefined) break;
      const dueMs = oldest.cameMs + faults.delayMs;
      const waitMs = Math.max(dueMs, faults.bytesPerSec === null ? 0 : freeAtMs) - performance.now();
      if (waitMs > 0) {
        timer = setTimeout(update, waitMs);
        break;
      }
      pass(oldest);
    }
    if (stopped) return;
    if (faults.silent || waitingBytes > HIGH_WATER_BYTES) source.pause();
    else source.resume();
  };

  const stop = (): void => {
    stopped = true;
    clearTimeout(timer);
  };

  source.on('data', take);
  source.on('end', () => take(null));
  sink.on('drain', update);
  return { update, stop };
}
