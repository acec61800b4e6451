import type { EventStream } from '@ramal/bus';
import type { Store } from '@ramal/store';
import type { Events } from './events.ts';
import type { ParsedEntry } from './parse-entry.ts';
import { storeEntries } from './store-entries.ts';

/**
 * The way of one tenant's events into the database of its own: while that is out of reach they wait here and in
 * the stream, and nobody else's do (R42).
 */
export interface TenantLane {
  /** Takes entries over; what does not fit stays unacknowledged in the stream and comes again. */
  add(entries: readonly ParsedEntry[]): void;
  stop(): Promise<void>;
}

export interface TenantLaneOptions {
  /** The tenant's database. Rejects while it is out of reach. */
  connect(): Promise<Store>;
  stream: EventStream;
  events: Events;
  partition: number;
  batch: number;
}

const MOST_HELD = 2_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5_000;

export function createTenantLane(options: TenantLaneOptions): TenantLane {
  const { connect, stream, events, partition, batch } = options;
  const held = new Map<string, ParsedEntry>();
  let stopping = false;
  let running: Promise<void> | null = null;
  let wake: () => void = () => undefined;

  const commit = async () => {
    const entries = [...held.values()].slice(0, batch);
    const store = await connect();
    // The checkpoint is the shared database's: it tells where the group goes on, and these are not stored there.
    await storeEntries({ store, events, partition }, entries, null);
    await stream.ack(entries.map(({ id }) => id));
    for (const { id } of entries) held.delete(id);
  };

  const run = async () => {
    let retryMs = FIRST_RETRY_MS;
    while (held.size > 0 && !stopping) {
      try {
        await commit();
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        events.retrying(partition, error, retryMs);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, retryMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      }
    }
    running = null;
  };

  return {
    add(entries) {
      for (const entry of entries) {
        if (held.size >= MOST_HELD) break;
        held.set(entry.id, entry);
      }
      if (!stopping) running ??= run();
    },
    async stop() {
      stopping = true;
      wake();
      await running;
    },
  };
}
