import { readCompanySecret } from './company-secrets.ts';
import { connectStore, type Store } from './connect-store.ts';
import { migrate } from './migrate.ts';
import type { SecretSealer } from './secret-sealer.ts';
import type { Tenant } from './tenant-directory.ts';

/** The databases of tenants that have one of their own (R42); all others live in the shared one. */
export interface TenantStores {
  /** The tenant's database, migrated on first use. Rejects while it is out of reach. */
  of(tenant: Tenant): Promise<Store>;
  /** How many pools are open. */
  open(): number;
  close(): Promise<void>;
}

export interface TenantStoresOptions {
  /** The directory, which is also the database of everyone without one of their own. */
  shared: Store;
  sealer: SecretSealer | null;
  applicationName: string;
  onPoolError(error: Error): void;
  /** Pools open at once; the least recently used one is closed for another. */
  maxPools?: number;
}

interface OwnStore {
  store: Promise<Store>;
  /** The pool is another one when this changes. */
  address: string;
}

const MAX_POOLS = 50;
const CONNECTIONS_PER_POOL = 3;
const CONNECT_TIMEOUT_MS = 3_000;
/** After a failure a database is left alone for this long, so that its callers fail fast. */
const BACKOFF_MS = 2_000;

export function createTenantStores(options: TenantStoresOptions): TenantStores {
  const { shared, sealer, applicationName, onPoolError, maxPools = MAX_POOLS } = options;
  // In the order of last use, oldest first.
  const pools = new Map<number, OwnStore>();
  const failures = new Map<number, { untilMs: number; error: unknown }>();

  const connect = async (tenant: Tenant, database: OwnDatabase): Promise<Store> => {
    const password = await readCompanySecret(shared, sealer, tenant, 'senha_banco');
    const databaseUrl = toDatabaseUrl(database, password ?? '');
    await migrate(databaseUrl);
    return connectStore({
      databaseUrl,
      applicationName,
      maxConnections: CONNECTIONS_PER_POOL,
      onPoolError,
      timeouts: { connectMs: CONNECT_TIMEOUT_MS },
    });
  };

  const drop = (empresaId: number) => {
    const pool = pools.get(empresaId);
    pools.delete(empresaId);
    pool?.store.then((store) => store.close()).catch(() => undefined);
  };

  return {
    async of(tenant) {
      const database = tenant.database;
      if (database === null) return shared;
      const { empresaId } = tenant;
      const failure = failures.get(empresaId);
      if (failure !== undefined && failure.untilMs > performance.now()) throw failure.error;
      const address = JSON.stringify(database);
      if (pools.get(empresaId)?.address !== address) drop(empresaId);
      const pool = pools.get(empresaId) ?? { store: connect(tenant, database), address };
      pools.delete(empresaId);
      pools.set(empresaId, pool);
      if (pools.size > maxPools)
        for (const oldest of [...pools.keys()].slice(0, pools.size - maxPools)) drop(oldest);
      try {
        const store = await pool.store;
        failures.delete(empresaId);
        return store;
      } catch (error) {
        failures.set(empresaId, { untilMs: performance.now() + BACKOFF_MS, error });
        if (pools.get(empresaId) === pool) pools.delete(empresaId);
        throw error;
      }
    },
    open: () => pools.size,
    async close() {
      const open = [...pools.values()];
      pools.clear();
      await Promise.allSettled(open.map(async ({ store }) => (await store).close()));
    },
  };
}

/** Where a tenant's own database is: the user is the database's name (R42). */
export interface OwnDatabase {
  /** A host, or `host:port`. */
  host: string;
  name: string;
  /** Changes with the stored password, so that a new one makes a new pool; says nothing about it. */
  passwordMark: string;
}

function toDatabaseUrl({ host, name }: OwnDatabase, password: string): string {
  const url = new URL('postgres://localhost:5432');
  const port = /:(\d{1,5})$/.exec(host)?.[1];
  url.hostname = port === undefined ? host : host.slice(0, -port.length - 1);
  if (port !== undefined) url.port = port;
  url.username = encodeURIComponent(name);
  url.password = encodeURIComponent(password);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}
