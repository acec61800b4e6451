import { decryptBytes, encryptBytes } from './aes-gcm.ts';
import { createCache } from './cached.ts';
import type { Queryable } from './connect-store.ts';
import type { MasterKeys } from './master-keys.ts';
import { SealedSecretError } from './sealed-secret-error.ts';
import { findKey, findNewestKey, insertKey, unwrapKey, type WrappedKey } from './tenant-keys.ts';

/**
 * Seals secrets for the tenant and the field they are stored in: moved elsewhere they don't open (threat 3). Each tenant's
 * are sealed with a key of its own, which the master key wraps.
 */
export interface TenantSecrets {
  /** With the tenant's newest key, which is made if there is none. Two seals of one text differ. */
  seal(tenant: string, field: string, plain: string): Promise<string>;
  /**
   * What `seal` was given, with whichever of the tenant's keys it was sealed.
   * @throws SealedSecretError when it was moved or changed, or the key for it is not at hand
   */
  open(tenant: string, field: string, sealed: string): Promise<string>;
}

export interface TenantSecretsOptions {
  /** Where `tenant_keys` lies: the directory, whatever database the secrets are in. */
  store: Queryable;
  masterKeys: MasterKeys;
  /** Keys kept in memory at once; the least recently used one goes. */
  maxKeys?: number;
}

const PREFIX = 'enc:v2:';
const FORMAT = /^enc:v2:([1-9]\d{0,8}):([\w-]+)$/;
const MAX_KEYS = 10_000;

/** The version of the tenant's key that sealed a value; null when it is no sealed value of this kind. */
export function toKeyVersion(sealed: string): number | null {
  const version = FORMAT.exec(sealed)?.[1];
  return version === undefined ? null : Number(version);
}

/** Opens nothing until it is asked to: the database may be away. */
export function createTenantSecrets(options: TenantSecretsOptions): TenantSecrets {
  const { store, masterKeys, maxKeys = MAX_KEYS } = options;
  // A version's key never changes, so it is kept for as long as there is room.
  const keys = createCache<string, Buffer>({
    load: async (id) => {
      const [tenant, version] = JSON.parse(id) as [string, number];
      const found = await findKey(store, tenant, version);
      if (found === null) throw new KeyUnusableError(`the tenant has no key ${version}`);
      return unwrap(masterKeys, tenant, found);
    },
    maxAgeMs: Number.POSITIVE_INFINITY,
    maxEntries: maxKeys,
    now: () => 0,
  });

  const newestKey = async (tenant: string): Promise<WrappedKey> => {
    const found = await findNewestKey(store, tenant);
    if (found !== null) return found;
    await insertKey(store, tenant, 1, masterKeys.newest);
    // Another process may have been first: whatever is there now is the tenant's.
    return (await findNewestKey(store, tenant)) ?? Promise.reject(new Error('a key that was made is gone'));
  };

  return {
    async seal(tenant, field, plain) {
      try {
        // Asked for each time, so that nothing is sealed with an old key once there is another.
        const newest = await newestKey(tenant);
        const key = unwrap(masterKeys, tenant, newest);
        const sealed = encryptBytes(key, Buffer.from(plain, 'utf8'), toBound(tenant, field));
        return `${PREFIX}${newest.version}:${sealed.toString('base64url')}`;
      } catch (error) {
        throw toSecretError(error, tenant, field);
      }
    },
    async open(tenant, field, sealed) {
      const [, version, body] = FORMAT.exec(sealed) ?? [];
      if (version === undefined || body === undefined)
        throw new SealedSecretError(tenant, field, 'it is no sealed value');
      const id = JSON.stringify([tenant, Number(version)]);
      const tryOpen = async () =>
        decryptBytes(await keys.get(id), Buffer.from(body, 'base64url'), toBound(tenant, field));
      try {
        let plain = await tryOpen();
        if (plain === null) {
          // The tenant may have been removed and made again, with another key of the same version.
          keys.delete(id);
          plain = await tryOpen();
        }
        if (plain === null) throw new KeyUnusableError('it was moved from elsewhere, or changed');
        return plain.toString('utf8');
      } catch (error) {
        throw toSecretError(error, tenant, field);
      }
    },
  };
}

/** Why there is no key; the caller knows for which field. */
class KeyUnusableError extends Error {}

function unwrap(masterKeys: MasterKeys, tenant: string, found: WrappedKey): Buffer {
  const masterKey = masterKeys.find(found.masterKeyId);
  if (masterKey === undefined)
    throw new KeyUnusableError(`the tenant's key is wrapped by master key ${found.masterKeyId}, not at hand`);
  const key = unwrapKey(masterKey, found.wrappedKey, tenant, found.version);
  if (key === null) throw new KeyUnusableError(`the tenant's key ${found.version} was moved or changed`);
  return key;
}

function toSecretError(error: unknown, tenant: string, field: string): unknown {
  return error instanceof KeyUnusableError ? new SealedSecretError(tenant, field, error.message) : error;
}

function toBound(tenant: string, field: string): string {
  return JSON.stringify(['secret', tenant, field]);
}
