import { eraseFarEnd, eraseLateUsers, reduceCall, toUsers } from '@ramal/calls';
import { type DeadLetter, isDataError, type Store, writeBatch } from '@ramal/store';
import type { Events } from './events.ts';
import type { ParsedEntry } from './parse-entry.ts';

/** One entry may hold many traces: no statement shall be so large that it runs out of time. */
const MOST_TRACES = 5_000;

const ERASE_LATE = { farEnd: eraseFarEnd, users: eraseLateUsers, usersOf: toUsers };

/**
 * Stores entries in one transaction. If the database refuses the data of one of them, the batch is halved
 * until that one stands alone and becomes a dead letter; the others are stored (I3).
 * @throws when the database is out of reach: nothing is acknowledged then, and the batch is tried again
 */
export async function storeEntries(
  deps: { store: Store; events: Events; partition: number },
  entries: readonly ParsedEntry[],
  checkpointId: string | null,
): Promise<void> {
  const { store, events, partition } = deps;
  const startedMs = performance.now();
  const deadLetters: DeadLetter[] = entries.flatMap((entry) =>
    entry.kind === 'dead'
      ? [{ streamId: entry.id, reason: entry.reason, detail: entry.detail, payload: entry.json }]
      : [],
  );
  const good = entries.flatMap((entry) => (entry.kind === 'event' ? [{ event: entry.event }] : []));
  const traces = entries.flatMap((entry) => (entry.kind === 'traces' ? entry.traces : []));
  if (traces.length > MOST_TRACES && entries.length > 1) return storeHalves(deps, entries, checkpointId);
  try {
    const counts = await writeBatch(
      store,
      { partition, checkpointId, events: good, traces, deadLetters },
      reduceCall,
      ERASE_LATE,
    );
    if (counts.expired > 0) events.expired({ partition, entries: counts.expired });
    if (counts.tracesDropped > 0) events.tracesDropped({ partition, traces: counts.tracesDropped });
    for (const { streamId, reason } of deadLetters) events.deadLettered({ partition, streamId, reason });
    events.stored({
      partition,
      entries: entries.length,
      events: counts.events,
      calls: counts.calls,
      ms: performance.now() - startedMs,
    });
  } catch (error) {
    if (!isDataError(error)) throw error;
    if (entries.length === 1) {
      const refused = entries.map((entry) => toRefused(entry, error));
      return storeEntries(deps, refused, checkpointId);
    }
    await storeHalves(deps, entries, checkpointId);
  }
}

async function storeHalves(
  deps: Parameters<typeof storeEntries>[0],
  entries: readonly ParsedEntry[],
  checkpointId: string | null,
): Promise<void> {
  const middle = Math.ceil(entries.length / 2);
  await storeEntries(deps, entries.slice(0, middle), null);
  await storeEntries(deps, entries.slice(middle), checkpointId);
}

function toRefused(entry: ParsedEntry, error: unknown): ParsedEntry {
  // A dead letter that is itself refused can't become one again.
  if (entry.kind === 'dead') throw error;
  const { code } = error as { code?: string };
  return {
    kind: 'dead',
    id: entry.id,
    json: entry.json,
    reason: entry.kind === 'traces' ? 'not_traces' : 'not_an_event',
    detail: `the database refuses it (${code ?? 'no code'})`,
  };
}
