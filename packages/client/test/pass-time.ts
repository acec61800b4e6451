import { vi } from 'vitest';

// The real one: tests that call this have faked theirs.
const afterPromises = setImmediate;

/**
 * Lets fake time pass: each timer at its moment, and after it all that promises make of it. Vitest's own
 * `advanceTimersByTimeAsync` waits a real millisecond or more for each timer.
 */
export async function passTime(ms: number): Promise<void> {
  let isOver = false;
  setTimeout(() => (isOver = true), ms);
  await settle();
  while (!isOver) {
    vi.advanceTimersToNextTimer();
    await settle();
  }
  // What was set for this very moment meanwhile.
  await vi.advanceTimersByTimeAsync(0);
}

const settle = () => new Promise<void>((resolve) => afterPromises(() => resolve()));
