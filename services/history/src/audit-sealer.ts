import { listTenantsWithOwnDatabase, readChainHead, sealAudit, type Store, type Tenants } from '@ramal/store';
import type { Events } from './events.ts';
import { startRepeated } from './repeated.ts';

const EVERY_MS = 10_000;
/** Databases of tenants' own are looked at this seldom: only changes of configuration are written down there. */
const OWN_EVERY_MS = 60 * 60_000;
const BATCH = 500;

/**
 * Gives the entries of the audit log their place in the chain, some seconds after they were written; any number of
 * processes may do it at once. The end of the chain goes to the log, which is kept elsewhere.
 */
export function startAuditSealer(options: {
  tenants: Pick<Tenants, 'store' | 'stores' | 'chainKeys'>;
  events: Pick<Events, 'auditSealed' | 'backgroundFailed'>;
  /** About; default 10 s. */
  everyMs?: number;
}): { stop(): Promise<void> } {
  const { tenants, events, everyMs = EVERY_MS } = options;
  let ownAtMs = performance.now() + OWN_EVERY_MS * Math.random();

  const seal = async (store: Store, signal: AbortSignal): Promise<number> => {
    let entries = 0;
    while (!signal.aborted) {
      const sealed = await sealAudit(store, tenants.chainKeys, BATCH);
      entries += sealed;
      if (sealed < BATCH) break;
    }
    return entries;
  };

  return startRepeated({
    everyMs,
    async work(signal) {
      const entries = await seal(tenants.store, signal);
      const head = entries === 0 ? null : await readChainHead(tenants.store);
      if (head !== null) events.auditSealed({ entries, ...head });
      if (performance.now() < ownAtMs) return;
      ownAtMs = performance.now() + OWN_EVERY_MS;
      for (const owner of await listTenantsWithOwnDatabase(tenants.store)) {
        if (signal.aborted) return;
        try {
          await seal(await tenants.stores.of(owner), signal);
        } catch (error) {
          events.backgroundFailed('audit seals of an own database', error);
        }
      }
    },
    onError: (error) => events.backgroundFailed('audit seals', error),
  });
}
