import type { Queryable, Store } from './connect-store.ts';

/**
 * One transaction in whose name the database writes its own entries into the audit log, those of changed configuration.
 * @param actor as the audit log names people: `key <name>`, `operator <name>`
 */
export function asActor<T>(
  store: Store,
  actor: string,
  work: (transaction: Queryable) => Promise<T>,
): Promise<T> {
  return store.withTransaction(async (transaction) => {
    await transaction.query(`select set_config('ramal.actor', $1, true)`, [actor]);
    return work(transaction);
  });
}
