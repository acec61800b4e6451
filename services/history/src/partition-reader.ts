import { setTimeout as delay } from 'node:timers/promises';
import { compareStreamIds, type EventStream, GroupMissingError, type StreamEntry } from '@ramal/bus';
import { isSwitchedOff } from '@ramal/runtime';
import { readCheckpoint, type Store } from '@ramal/store';
import type { Events } from './events.ts';
import { parseEntry } from './parse-entry.ts';
import { storeEntries } from './store-entries.ts';
import type { TenantLanes } from './tenant-lanes.ts';

export interface PartitionReader {
  /** Ends after the batch under way. */
  stop(): Promise<void>;
  /**
   * When the loop last came round, `performance.now()`: reading nothing is progress, and so is a failure that is tried
   * again, since each wait in it has an end; being stuck is not.
   */
  lastTurnMs(): number;
  /** Up to when, epoch ms by Redis' clock, this reader found everything stored; 0 as long as it knows nothing. */
  storedUpToMs(): number;
}

export interface PartitionReaderOptions {
  stream: EventStream;
  /** The shared database. */
  store: Store;
  lanes: TenantLanes;
  events: Events;
  partition: number;
  consumer: string;
  batch: number;
  reclaimAfterMs: number;
  /** At least so long from one read to the next, unless a read was full. */
  gatherMs: number;
  /** How long one read waits, which a stop may have to wait for; default 1000. */
  blockMs?: number;
  /** How often entries of dead workers are looked for; default 5000. */
  reclaimEveryMs?: number;
}

const BLOCK_MS = 1_000;
const RECLAIM_EVERY_MS = 5_000;
const FORGET_CONSUMER_AFTER_MS = 60 * 60 * 1000;
/** The longest of the times for which events are gathered, over the shortest. */
const MOST_PATIENCE = 4;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 500;

/**
 * Carries one partition's events to PostgreSQL: read, store in one transaction, acknowledge, trim. An entry is
 * acknowledged only after its commit, so that a killed worker's entries are taken over by another (I3, I7).
 */
export function startPartitionReader(options: PartitionReaderOptions): PartitionReader {
  const { stream, store, lanes, events, partition, consumer, batch, reclaimAfterMs, gatherMs } = options;
  const { blockMs = BLOCK_MS, reclaimEveryMs = RECLAIM_EVERY_MS } = options;
  const stopping = new AbortController();
  let lastTurnMs = performance.now();
  let storedUpToMs = 0;
  let reclaimAt = 0;
  let retryMs = FIRST_RETRY_MS;
  /** Read and not stored yet: nothing more is read before these are. */
  let held: readonly StreamEntry[] = [];

  const commit = async (entries: readonly StreamEntry[]) => {
    // Everything below the lowest unacknowledged entry is committed: a group made anew reads on from there.
    const safeId = await stream.committedBelow();
    if (isSwitchedOff('history.ack_after_commit')) await stream.ack(entries.map(({ id }) => id));
    const shared = await lanes.divert(entries.map(parseEntry));
    if (shared.length > 0) {
      await storeEntries({ store, events, partition }, shared, safeId);
      await stream.ack(shared.map(({ id }) => id));
    }
    const trimmable = await stream.committedBelow();
    if (trimmable !== null) await stream.trim(trimmable);
  };

  const reclaim = async () => {
    if (performance.now() < reclaimAt) return;
    reclaimAt = performance.now() + reclaimEveryMs;
    const entries = await stream.reclaim(consumer, reclaimAfterMs, batch);
    if (entries.length > 0) {
      events.reclaimed({ partition, entries: entries.length });
      await commit(entries);
    }
    await stream.forgetIdleConsumers(FORGET_CONSUMER_AFTER_MS);
  };

  const turn = async () => {
    await reclaim();
    const startedMs = performance.now();
    if (held.length === 0) held = await stream.read(consumer, batch, blockMs);
    if (held.length > 0) await commit(held);
    const last = held.at(-1);
    storedUpToMs = last === undefined ? Date.now() : Number.parseInt(last.id, 10);
    const count = held.length;
    held = [];
    if (count > 0 && count < batch) {
      await gather(gatherMs * toPatience(count / batch) - (performance.now() - startedMs));
    }
  };

  /**
   * Lets some events come together: a transaction costs much the same for one as for fifty. What comes after a silence
   * is stored at once.
   */
  const gather = async (ms: number) => {
    if (ms > 0) await delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      try {
        await turn();
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        if (stopping.signal.aborted) return;
        await recover(error);
      }
      lastTurnMs = performance.now();
    }
  };

  const recover = async (error: unknown) => {
    if (error instanceof GroupMissingError) {
      const recreated = await recreateGroup().catch((failure: unknown) => failure);
      if (recreated === undefined) return;
    }
    events.retrying(partition, error, retryMs);
    await new Promise((resolve) => setTimeout(resolve, retryMs));
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  };

  const recreateGroup = async () => {
    const afterId = await toGroupStart(stream, store, partition);
    await stream.ensureGroup(afterId);
    events.groupRecreated({ partition, afterId });
  };

  const running = run();
  return {
    lastTurnMs: () => lastTurnMs,
    storedUpToMs: () => storedUpToMs,
    async stop() {
      stopping.abort();
      await running;
      await lanes.stop();
    },
  };
}

/**
 * How much longer than usual is gathered after a read that filled so much of a batch: where much comes in it is worth most,
 * and a fifth of a batch waits longest.
 */
function toPatience(filled: number): number {
  return 1 + (MOST_PATIENCE - 1) * Math.min(1, 5 * filled);
}

/**
 * Where a new group begins: behind what is committed. A stream whose ids are older than that was begun anew
 * and is read whole; reading an entry twice changes nothing.
 */
async function toGroupStart(stream: EventStream, store: Store, partition: number): Promise<string> {
  const [checkpoint, lastId] = await Promise.all([readCheckpoint(store, partition), stream.lastId()]);
  if (checkpoint === null || lastId === null || compareStreamIds(lastId, checkpoint) < 0) return '0';
  return toIdBefore(checkpoint);
}

/** `XGROUP CREATE` wants the last id already read; the checkpoint itself may not be stored yet. */
function toIdBefore(id: string): string {
  const [ms = '0', seq = '0'] = id.split('-');
  if (Number(seq) > 0) return `${ms}-${Number(seq) - 1}`;
  return Number(ms) > 0 ? `${Number(ms) - 1}-${2 ** 32}` : '0';
}
