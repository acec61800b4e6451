import { tenantId } from '@ramal/contracts';
import {
  type AddressPolicy,
  AllowListInvalidError,
  createAddressPolicy,
  LOOPBACK,
  parseAllowList,
} from '@ramal/outbound';
import {
  connectStore,
  createMasterKeys,
  createSecretSealer,
  createTenantSecrets,
  createTenantStores,
  type MasterKeys,
  type SecretSealer,
  type Store,
  type Tenant,
  type TenantSecrets,
} from '@ramal/store';
import type { CommandInput, OptionSpecs } from './command.ts';
import { type DatabaseSource, findDatabaseUrl, maskDatabaseUrl } from './database-url.ts';
import { readKeys } from './read-keys.ts';
import { UsageError } from './usage-error.ts';

/** The databases a command works with, while it does. */
export interface Directory {
  /** Companies, users and callback tokens. */
  store: Store;
  /** Where a tenant's configuration lives: a database of its own, or the shared one (R42). */
  storeOf(tenant: Tenant): Promise<Store>;
  /** Null without a master key, as is `masterKeys`. */
  sealer: SecretSealer | null;
  /** Null without a master key. */
  secrets: TenantSecrets | null;
  masterKeys: MasterKeys | null;
  /** Which addresses a CTI may have, as far as this environment tells. @throws UsageError where it can't be read */
  readPolicy(): AddressPolicy;
  /** Fit to be shown. */
  maskedUrl: string;
}

const APPLICATION_NAME = 'ramal-cli';

/** Opens the database, says which one, and closes it when the work is done. */
export async function withDirectory<T>(
  { process, note }: Pick<CommandInput<OptionSpecs>, 'process' | 'note'>,
  option: string | undefined,
  work: (directory: Directory) => Promise<T>,
): Promise<T> {
  const keys = await readKeys(process.env);
  const masterKeys = keys === null ? null : createMasterKeys(keys);
  const { databaseUrl, from } = await findDatabaseUrl(process, option);
  const maskedUrl = maskDatabaseUrl(databaseUrl);
  note(`database: ${maskedUrl} (from ${from})`);
  const onPoolError = (error: Error) => note(`ramal: a database connection was lost: ${error.message}`);
  const store = connectStore({
    databaseUrl,
    maxConnections: 2,
    applicationName: APPLICATION_NAME,
    onPoolError,
  });
  const secrets = masterKeys === null ? null : createTenantSecrets({ store, masterKeys });
  const sealer =
    masterKeys === null || secrets === null
      ? null
      : createSecretSealer({
          secrets,
          masterKeys,
          onNotSealed: (error) => note(`ramal: a secret stays as it is for now: ${error.message}`),
        });
  const stores = createTenantStores({
    shared: store,
    sealer,
    applicationName: APPLICATION_NAME,
    onPoolError,
  });
  try {
    return await work({
      store,
      storeOf: (tenant) => stores.of(tenant),
      sealer,
      secrets,
      masterKeys,
      readPolicy: () => toPolicy(process.env['OUTBOUND_ALLOW'] ?? '', from),
      maskedUrl,
    });
  } finally {
    await stores.close();
    await store.close();
  }
}

/** @throws UsageError for a name that no tenant can have */
export function parseTenant(name: string | undefined): string {
  const parsed = tenantId.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new UsageError('a tenant has a name of 1 to 128 characters, as wl_chamados_empresa.tenant holds it.');
}

/** As the dialer's: the environment's list, and that of "npm start" where its database is looked at. */
function toPolicy(list: string, from: DatabaseSource['from']): AddressPolicy {
  try {
    return createAddressPolicy(parseAllowList(from === '.ramal/dev.json' ? `${list},${LOOPBACK}` : list));
  } catch (error) {
    if (error instanceof AllowListInvalidError) throw new UsageError(`OUTBOUND_ALLOW: ${error.message}.`);
    throw error;
  }
}
