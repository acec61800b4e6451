/**
 * Does some work again and again, at moments that differ from process to process, so that those who look at the same
 * things seldom meet. What fails is told, and tried again in its turn.
 */
export function startRepeated(options: {
  everyMs: number;
  /** Ends early, between two steps, once the signal says so. */
  work(signal: AbortSignal): Promise<void>;
  onError(error: unknown): void;
}): { stop(): Promise<void> } {
  const { everyMs, work, onError } = options;
  const stopping = new AbortController();
  let running = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const schedule = (inMs: number) => {
    timer = setTimeout(() => {
      running = work(stopping.signal)
        .catch(onError)
        .finally(() => {
          if (!stopping.signal.aborted) schedule(everyMs * (0.5 + Math.random()));
        });
    }, inMs);
  };
  schedule(everyMs * Math.random());
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
