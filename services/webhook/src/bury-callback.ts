import type { Names } from '@ramal/contracts';
import { addDeadLetter, type Tenants } from '@ramal/store';

/**
 * Puts a callback of the journal that can never be told to Redis among the dead letters of its tenant, where it can be
 * looked at. Rejects while that database is out of reach.
 */
export async function buryCallback(
  tenants: Pick<Tenants, 'historyOf'>,
  names: Names,
  { id, tenant, payload, error }: { id: string; tenant: string; payload: string; error: unknown },
): Promise<void> {
  const store = await tenants.historyOf(tenant);
  await addDeadLetter(store, {
    source: 'journal',
    partition: names.partitionOf(tenant),
    key: id,
    tenant,
    reason: 'callback_untold',
    detail: error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 500) : 'unknown',
    payload,
  });
}
