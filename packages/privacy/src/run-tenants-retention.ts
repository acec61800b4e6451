import type { Retention } from '@ramal/cti';
import {
  type Cutoff,
  listMonths,
  listTenantsOfMonth,
  listTenantsWithDeadLetters,
  listTenantsWithOwnDatabase,
  type RetentionCounts,
  runRetention,
  type Store,
  type Tenants,
} from '@ramal/store';

export interface TenantsRetentionOptions {
  tenants: Pick<Tenants, 'store' | 'stores' | 'lookup'>;
  /** Of tenants that have set nothing, and of those that are gone. */
  defaults: Retention;
  /** Epoch ms. */
  nowMs: number;
  dryRun?: boolean;
  signal?: AbortSignal;
  /** Told of each database after each step; null: the shared one. */
  onProgress?(ownDatabaseOf: string | null, counts: RetentionCounts): void;
  /** What could not be done: a tenant's settings or its own database are out of reach. Then nothing of it is removed. */
  onError(what: string, error: unknown): void;
}

/** What was removed, by database. */
export interface DatabaseRetention {
  /** The tenant whose own database it is (R42); null for the shared one. */
  ownDatabaseOf: string | null;
  counts: RetentionCounts;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Runs the retention of all tenants, in the shared database and in those that tenants have of their own. */
export async function runTenantsRetention(options: TenantsRetentionOptions): Promise<DatabaseRetention[]> {
  const { tenants, defaults, nowMs, dryRun, signal, onProgress = () => undefined, onError } = options;
  const done: DatabaseRetention[] = [];
  const run = async (store: Store, ownDatabaseOf: string | null, names: readonly string[]): Promise<void> => {
    const cutoffs: Cutoff[] = [];
    for (const tenant of names) {
      try {
        cutoffs.push(...(await readCutoff(options, tenant)));
      } catch (error) {
        onError(`settings of ${tenant}`, error);
      }
    }
    const counts = await runRetention(store, {
      cutoffs,
      unknownBeforeMs: defaults.days === null ? null : nowMs - defaults.days * DAY_MS,
      ...(dryRun === undefined ? {} : { dryRun }),
      ...(signal === undefined ? {} : { signal }),
      onProgress: (so) => onProgress(ownDatabaseOf, so),
    });
    done.push({ ownDatabaseOf, counts });
  };
  await run(tenants.store, null, await listTenantsWithRows(tenants.store));
  for (const owner of await listTenantsWithOwnDatabase(tenants.store)) {
    if (signal?.aborted === true) break;
    try {
      await run(await tenants.stores.of(owner), owner.tenant, [owner.tenant]);
    } catch (error) {
      onError(`the database of ${owner.tenant}`, error);
    }
  }
  return done;
}

/** Nothing for a tenant that keeps all for ever, or whose settings can't be read. */
async function readCutoff(
  { tenants, defaults, nowMs, onError }: TenantsRetentionOptions,
  tenant: string,
): Promise<Cutoff[]> {
  const profile = await tenants.lookup.profile(tenant);
  if (profile !== null && profile.retention === null) {
    onError(`settings of ${tenant}`, new Error('they do not parse: everything is kept'));
    return [];
  }
  const { days, recordingDays } = profile?.retention?.(defaults) ?? defaults;
  if (days === null && recordingDays === null) return [];
  const toMs = (count: number | null) => (count === null ? null : nowMs - count * DAY_MS);
  return [{ tenant, callsBeforeMs: toMs(days), recordingsBeforeMs: toMs(recordingDays) }];
}

async function listTenantsWithRows(store: Store): Promise<string[]> {
  const found = new Set<string>();
  for (const month of await listMonths(store)) {
    for (const tenant of await listTenantsOfMonth(store, month)) found.add(tenant);
  }
  // Who has no calls here may have what could not be read.
  for (const tenant of await listTenantsWithDeadLetters(store)) found.add(tenant);
  return [...found];
}
