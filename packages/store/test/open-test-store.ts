import { connectStore, type Store, type StoreTimeouts } from '../src/connect-store.ts';
import { migrate } from '../src/migrate.ts';

export interface TestStore {
  store: Store;
  databaseUrl: string;
  /** What the pool reported about idle connections. */
  poolErrors: Error[];
  drop(): Promise<void>;
}

/** Migrates a fresh database and opens a store on it. */
export async function openTestStore(
  database: { databaseUrl: string; drop(): Promise<void> },
  timeouts: Partial<StoreTimeouts> = {},
): Promise<TestStore> {
  await migrate(database.databaseUrl);
  const poolErrors: Error[] = [];
  const store = connectStore({
    databaseUrl: database.databaseUrl,
    applicationName: 'store-test',
    onPoolError: (error) => poolErrors.push(error),
    timeouts,
  });
  return {
    store,
    databaseUrl: database.databaseUrl,
    poolErrors,
    async drop() {
      await store.close();
      await database.drop();
    },
  };
}
