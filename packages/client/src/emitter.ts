export type Unsubscribe = () => void;

/** Listeners by event name, told in the order in which they came. */
export interface Emitter<Events> {
  /** Calls `listener` at each such event; returns what ends that. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): Unsubscribe;
  /** The next such event. */
  once<Name extends keyof Events>(name: Name): Promise<Events[Name]>;
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void;
}

/**
 * A listener that throws keeps nobody else from hearing of an event: its error goes to `onError`, by default to where
 * the page's or the process's uncaught errors go.
 */
export function createEmitter<Events>(onError: (error: unknown) => void = reportLater): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(event: never) => void>>();
  const on: Emitter<Events>['on'] = (name, listener) => {
    // A function of its own, so that the same listener may be added twice.
    const told = (event: never) => listener(event);
    const set = listeners.get(name) ?? new Set();
    listeners.set(name, set.add(told));
    return () => set.delete(told);
  };
  return {
    on,
    once: (name) =>
      new Promise((resolve) => {
        const off = on(name, (event) => {
          off();
          resolve(event);
        });
      }),
    emit: (name, event) => {
      for (const told of [...(listeners.get(name) ?? [])]) {
        try {
          told(event as never);
        } catch (error) {
          onError(error);
        }
      }
    },
  };
}

function reportLater(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}
