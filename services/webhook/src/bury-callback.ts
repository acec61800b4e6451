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
    detail: toDetail(error),
    payload,
  });
}

/** What kind of error it was, and no more: messages name keys, and keys hold numbers (I8). The log has the rest. */
function toDetail(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code = /^[A-Z]{3,}\b/.exec(error.message)?.[0] } = error as { code?: unknown };
  return typeof code === 'string' ? `${error.name}: ${code}` : error.name;
}
