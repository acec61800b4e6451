import { ensurePartitions, type Store } from '@ramal/store';
import type { Events } from './events.ts';

const EVERY_MS = 6 * 60 * 60 * 1000;

/** Makes the coming months' tables, at start and then every six hours. */
export async function startPartitionTables(
  store: Store,
  months: number,
  events: Events,
): Promise<{ stop(): void }> {
  const make = async () => {
    await ensurePartitions(store, months, Date.now());
    events.partitionsMade(months);
  };
  const makeOrTell = () => make().catch((error: unknown) => events.backgroundFailed('monthly tables', error));
  // With PostgreSQL down the service still starts and reads: a missing table is also made when it is needed.
  await makeOrTell();
  const timer = setInterval(() => void makeOrTell(), EVERY_MS);
  return { stop: () => clearInterval(timer) };
}
