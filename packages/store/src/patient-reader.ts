import type { Cache } from './cached.ts';

const MAX_ENTRIES = 10_000;
const PATIENCE_MS = 500;

/**
 * Reads through a cache, and falls back on what was last known when the database fails or takes longer than
 * half a second: calls go on while PostgreSQL is down. That something does not exist is not worth remembering:
 * made-up tokens would push out what is.
 * @param isAnswer errors that are the database's word, so that what was known does not stand in
 */
export function createPatientReader<V>(
  cache: Cache<string, V | null>,
  now: () => number,
  isAnswer: (error: unknown) => boolean = () => false,
): (key: string) => Promise<V | null> {
  const lastKnown = new Map<string, V>();
  /** Since when the database owes an answer: patience is lost once, not by everyone who asks. */
  const waitingSince = new Map<string, number>();
  const load = async (key: string): Promise<V | null> => {
    if (!waitingSince.has(key)) waitingSince.set(key, now());
    try {
      const value = await cache.get(key);
      lastKnown.delete(key);
      if (value !== null) lastKnown.set(key, value);
      const oldest = lastKnown.size > MAX_ENTRIES ? lastKnown.keys().next() : null;
      if (oldest !== null && oldest.done !== true) lastKnown.delete(oldest.value);
      return value;
    } finally {
      waitingSince.delete(key);
    }
  };
  return async (key) => {
    // Nearly always; whoever has to wait may as well pay for a timer.
    const ready = cache.peek(key);
    if (ready !== undefined) return ready.value;
    const fresh = load(key);
    const known = lastKnown.get(key);
    if (known === undefined) return fresh;
    const patienceMs = PATIENCE_MS - (now() - (waitingSince.get(key) ?? now()));
    let timer: NodeJS.Timeout | undefined;
    const stale = new Promise<V>((resolve) => {
      timer = setTimeout(() => resolve(known), Math.max(0, patienceMs));
    });
    const answer = fresh.catch((error: unknown) => {
      if (isAnswer(error)) throw error;
      return known;
    });
    return Promise.race([answer, stale]).finally(() => clearTimeout(timer));
  };
}
