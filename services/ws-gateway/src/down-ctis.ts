import type { Events } from './events.ts';

const INTERVAL_MS = 1_000;

/** Which tenants' CTIs are not asked for the moment, as was last read. */
export interface DownCtis {
  has(tenant: string): boolean;
  stop(): void;
}

/** Reads them once a second; while that fails, what was known stands. */
export function startDownCtis(options: {
  read(): Promise<ReadonlySet<string>>;
  events: Pick<Events, 'backgroundFailed'>;
}): DownCtis {
  const { read, events } = options;
  let down: ReadonlySet<string> = new Set();
  let reading = false;
  const run = () => {
    if (reading) return;
    reading = true;
    read()
      .then((found) => {
        down = found;
      })
      .catch((error: unknown) => events.backgroundFailed('down ctis', error))
      .finally(() => {
        reading = false;
      });
  };
  run();
  const timer = setInterval(run, INTERVAL_MS);
  return { has: (tenant) => down.has(tenant), stop: () => clearInterval(timer) };
}
