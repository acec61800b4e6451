/** The longest that a timer of browsers and Node can wait. */
const LONGEST_MS = 2 ** 31 - 1;

/** Timers by name. One name has one alarm; setting it again moves it. */
export interface Alarms<Name extends string> {
  set(name: Name, delayMs: number, ring: () => void): void;
  clear(...names: Name[]): void;
  isSet(name: Name): boolean;
  /** Rings what is due. Pages in the background have their timers held back up to a minute: call it when awake. */
  check(): void;
}

/** @param now the wall clock in ms, which goes on while a machine sleeps */
export function createAlarms<Name extends string>(now: () => number = Date.now): Alarms<Name> {
  const set = new Map<Name, { atMs: number; timer: ReturnType<typeof setTimeout>; ring: () => void }>();
  const clear = (name: Name) => {
    clearTimeout(set.get(name)?.timer);
    set.delete(name);
  };
  const ringNow = (name: Name) => {
    const alarm = set.get(name);
    if (alarm === undefined) return;
    clear(name);
    alarm.ring();
  };
  return {
    set: (name, delayMs, ring) => {
      clear(name);
      const waitMs = Math.min(Math.max(0, delayMs), LONGEST_MS);
      const timer = setTimeout(() => ringNow(name), waitMs);
      set.set(name, { atMs: now() + waitMs, timer, ring });
    },
    clear: (...names) => names.forEach(clear),
    isSet: (name) => set.has(name),
    check: () => {
      for (const [name, { atMs }] of [...set]) if (atMs <= now()) ringNow(name);
    },
  };
}
