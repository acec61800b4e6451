/** An answer that took longer than this says little about the time. */
const WORST_ROUND_TRIP_MS = 10_000;

/**
 * The server's time, by which pop-ups run out. It rests on the wall clock, which goes on while a machine sleeps, and on
 * what the server said its time is: a machine whose clock is wrong shows nothing that has expired, and nothing too short.
 */
export interface ServerClock {
  now(): number;
  /** The server's time minus ours, ms. */
  readonly offsetMs: number;
  /** The server said `serverMs` in an answer to what was sent at `sentMs` and came at `receivedMs`, by our clock. */
  learn(serverMs: number, sentMs: number, receivedMs?: number): void;
  /** Takes over what another tab of the same machine has learnt. */
  adopt(offsetMs: number): void;
}

export function createServerClock(now: () => number = Date.now): ServerClock {
  let offsetMs = 0;
  return {
    now: () => now() + offsetMs,
    get offsetMs() {
      return offsetMs;
    },
    learn: (serverMs, sentMs, receivedMs = now()) => {
      const tripMs = receivedMs - sentMs;
      if (tripMs < 0 || tripMs > WORST_ROUND_TRIP_MS) return;
      offsetMs = serverMs - (sentMs + tripMs / 2);
    },
    adopt: (told) => {
      offsetMs = told;
    },
  };
}
