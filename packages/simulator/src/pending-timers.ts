/** Timers that can all be dropped at once, so that a stopped simulator leaves none behind. */
export interface PendingTimers {
  after(delayMs: number, action: () => void): void;
  /** Never settles once the timers were stopped: what waits for it is over. */
  sleep(delayMs: number): Promise<void>;
  stop(): void;
}

export function createPendingTimers(): PendingTimers {
  const pending = new Set<NodeJS.Timeout>();
  let stopped = false;

  function after(delayMs: number, action: () => void): void {
    if (stopped) return;
    const timer = setTimeout(() => {
      pending.delete(timer);
      action();
    }, delayMs);
    pending.add(timer);
  }

  return {
    after,
    sleep: (delayMs) => new Promise((resolve) => after(delayMs, resolve)),
    stop() {
      stopped = true;
      for (const timer of pending) clearTimeout(timer);
      pending.clear();
    },
  };
}
