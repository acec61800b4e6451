import { setTimeout as delay } from 'node:timers/promises';

export interface SleepUntilOptions {
  /** Default 30 000: a bound for a machine that does much else, no promise. */
  timeoutMs?: number;
  /** Default 25. */
  everyMs?: number;
  /** What is waited for, as the error words it; a function is asked at the end, to tell the last state. */
  describe?: string | (() => string);
  /** Ends the wait with its reason, at the next poll. Thrown by the condition it would count as not yet met. */
  signal?: AbortSignal;
}

/** What `sleepUntil` waited for did not come. */
export class ConditionTimeoutError extends Error {
  readonly code = 'condition_timeout';
  override readonly name = 'ConditionTimeoutError';
}

type Falsy = false | 0 | '' | null | undefined;

/**
 * Polls `condition` until it returns something truthy and returns that: tests wait for what they
 * need, never for a fixed time. A condition that throws counts as not yet met.
 * @throws ConditionTimeoutError that names what was waited for and the condition's last error; the signal's reason.
 */
export async function sleepUntil<T>(
  condition: () => T | Promise<T>,
  options: SleepUntilOptions = {},
): Promise<Exclude<T, Falsy>> {
  const { timeoutMs = 30_000, everyMs = 25, describe = 'the condition', signal } = options;
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const value = await condition();
      lastError = undefined;
      if (value) return value as Exclude<T, Falsy>;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= deadline) break;
    await delay(everyMs);
  }
  const what = typeof describe === 'function' ? describe() : describe;
  const why = lastError === undefined ? '' : ` (last error: ${errorText(lastError)})`;
  throw new ConditionTimeoutError(`waited ${timeoutMs} ms for ${what}${why}`, { cause: lastError });
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
