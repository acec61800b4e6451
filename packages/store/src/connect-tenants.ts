import { type AccessWatch, startAccessWatch } from './access-watch.ts';
import { type CallbackProtections, createCallbackProtections } from './callback-protections.ts';
import { createCallbackTokenUses } from './callback-token-uses.ts';
import { type ChainKey, toChainKeys } from './audit-chain.ts';
import { type ConfigListener, startConfigListener } from './config-listener.ts';
import { connectStore, type Store, type StoreOptions } from './connect-store.ts';
import { createMasterKeys } from './master-keys.ts';
import { createSecretSealer } from './secret-sealer.ts';
import { createTenantLookup, MAX_ENTRIES, type TenantLookup, toMaxAgeMs } from './tenant-lookup.ts';
import { createTenantSecrets, type TenantSecrets } from './tenant-secrets.ts';
import { createTenantStores, type TenantStores } from './tenant-stores.ts';

/** All that a service needs of PostgreSQL: the directory, the tenants' databases and their configuration. */
export interface Tenants {
  /** The directory and shared database. */
  store: Store;
  stores: TenantStores;
  lookup: TenantLookup;
  /** Seals and opens what is secret; null without a master key. */
  secrets: TenantSecrets | null;
  /** What is asked of those who call back (threat 5). */
  callbackProtections: CallbackProtections;
  /** What the audit log is chained with, the newest first. */
  chainKeys: readonly ChainKey[];
  /** The database a tenant's history lives in (R42). Rejects while it is out of reach. */
  historyOf(tenant: string): Promise<Store>;
  /** Whose tokens are taken, kept up to date from the first call on; closed with the rest. */
  watchAccess(): AccessWatch;
  close(): Promise<void>;
}

export interface TenantsOptions {
  databaseUrl: string;
  applicationName: string;
  /** 32 bytes each: the first one seals, the others still open what they sealed. Null leaves secrets as they are. */
  masterKey: Buffer | readonly Buffer[] | null;
  maxConnections: number;
  timeouts?: StoreOptions['timeouts'];
  onError(what: string, error: Error): void;
}

/** Opens the directory lazily, listens for changes of configuration and keeps what is asked for in memory. */
export function connectTenants(options: TenantsOptions): Tenants {
  const { databaseUrl, applicationName, masterKey, maxConnections, timeouts = {}, onError } = options;
  const onPoolError = (error: Error) => onError('postgres pool', error);
  const masterKeys = masterKey === null ? null : createMasterKeys([masterKey].flat());
  const store = connectStore({ databaseUrl, applicationName, maxConnections, timeouts, onPoolError });
  const secrets = masterKeys === null ? null : createTenantSecrets({ store, masterKeys });
  const sealer =
    masterKeys === null || secrets === null
      ? null
      : createSecretSealer({
          secrets,
          masterKeys,
          onNotSealed: (error) => onError('sealing of a secret', error),
        });
  const stores = createTenantStores({ shared: store, sealer, applicationName, onPoolError });
  let listener: ConfigListener | null = null;
  let access: AccessWatch | null = null;
  const noticed = () => listener?.listening() === true;
  const now = () => performance.now();
  const uses = createCallbackTokenUses({
    store,
    now,
    onError: (error) => onError('uses of callback tokens', error),
  });
  const onTokenUsed = (hash: Buffer) => uses.note(hash);
  const lookup = createTenantLookup({ store, stores, sealer, noticed, now, onTokenUsed });
  const callbackProtections = createCallbackProtections({
    store,
    secrets,
    now,
    maxAgeMs: () => toMaxAgeMs(noticed()),
    maxEntries: MAX_ENTRIES,
  });
  listener = startConfigListener({
    databaseUrl,
    applicationName,
    onChange(tenant) {
      lookup.forget(tenant);
      callbackProtections.forget(tenant);
    },
    onAccessChange: () => access?.refresh(),
    onError: (error) => onError('configuration notices', error),
  });
  return {
    store,
    stores,
    lookup,
    secrets,
    callbackProtections,
    chainKeys: toChainKeys(masterKey === null ? [] : [masterKey].flat()),
    async historyOf(tenant) {
      const profile = await lookup.tenant(tenant);
      return profile === null ? store : stores.of(profile);
    },
    watchAccess() {
      access ??= startAccessWatch({
        store,
        secrets,
        noticed,
        onError: (error) => onError('agent tokens and revocations', error),
      });
      return access;
    },
    async close() {
      access?.close();
      await listener?.close();
      await uses.stop();
      await stores.close();
      await store.close();
    },
  };
}
