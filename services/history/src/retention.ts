import type { Retention } from '@ramal/cti';
import { runTenantsRetention } from '@ramal/privacy';
import { claimRetentionRun, finishRetentionRun, type Tenants } from '@ramal/store';
import type { Events } from './events.ts';
import { startRepeated } from './repeated.ts';

export interface RetentionWorkerOptions {
  tenants: Pick<Tenants, 'store' | 'stores' | 'lookup'>;
  /** Of tenants that have set nothing. */
  defaults: Retention;
  events: Pick<Events, 'retentionDone' | 'backgroundFailed'>;
  /** How often it looks whether a run is due, about; default 10 minutes. */
  everyMs?: number;
}

const EVERY_MS = 10 * 60_000;
/** A little less than a day, so that the hour does not wander through it. */
const RUN_EVERY_MS = 23.5 * 60 * 60_000;

/** Runs the retention of all tenants once a day, by whichever process sees first that it is due (threat 11). */
export function startRetention(options: RetentionWorkerOptions): { stop(): Promise<void> } {
  const { tenants, defaults, events, everyMs = EVERY_MS } = options;
  return startRepeated({
    everyMs,
    async work(signal) {
      if (!(await claimRetentionRun(tenants.store, RUN_EVERY_MS))) return;
      const done = await runTenantsRetention({
        tenants,
        defaults,
        nowMs: Date.now(),
        signal,
        onError: (what, error) => events.backgroundFailed(`retention: ${what}`, error),
      });
      for (const { ownDatabaseOf, counts } of done) {
        const { monthsDropped, monthsBusy: _later, ...rows } = counts;
        events.retentionDone({ ownDatabaseOf, monthsDropped: monthsDropped.length, ...rows });
      }
      // One that was stopped half-way is taken over by another process an hour after it began.
      if (!signal.aborted) await finishRetentionRun(tenants.store);
    },
    onError: (error) => events.backgroundFailed('retention', error),
  });
}
