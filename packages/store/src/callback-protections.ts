import { type CacheOptions, createCache } from './cached.ts';
import {
  findCallbackNetworks,
  listCallbackCredentials,
  toSigningField,
  type CallbackCredential,
} from './callback-credentials.ts';
import type { Queryable } from './connect-store.ts';
import { type NetworkList, NetworkInvalidError, parseNetworks } from './network-list.ts';
import { createPatientReader } from './patient-reader.ts';
import { toSigningKey } from './signing-secret.ts';
import type { TenantSecrets } from './tenant-secrets.ts';

export interface BasicLogin {
  user: string;
  /** See `isPassword`. */
  passwordHash: string;
}

/** What a tenant asks of those who call back, beside the token. Null: nothing; an empty list: nobody gets through. */
export interface CallbackProtection {
  networks: NetworkList | null;
  /** Keys of the Standard Webhooks scheme, the newest first. */
  signingKeys: readonly Buffer[] | null;
  basicLogins: readonly BasicLogin[] | null;
}

/** Every tenant's protection, from memory (R29). */
export interface CallbackProtections {
  /** Rejects while the database is away and nothing is known, or a secret can't be opened: that is never "nothing". */
  of(tenant: string): Promise<CallbackProtection>;
  /** See `TenantLookup.forget`. */
  forget(tenant: string | null): void;
}

interface Ending<T> {
  /** By the clock of `now`; null: it has no end. */
  endsAtMs: number | null;
  value: T;
}

interface Loaded {
  networks: NetworkList | null;
  signing: readonly Ending<Buffer>[] | null;
  basic: readonly Ending<BasicLogin>[] | null;
  /** Of what is not about to end, made once. */
  unending: CallbackProtection | null;
}

const NOBODY: NetworkList = { has: () => false };

export function createCallbackProtections(
  options: {
    /** The directory. */
    store: Queryable;
    secrets: TenantSecrets | null;
  } & Pick<CacheOptions<string, unknown>, 'now' | 'maxAgeMs' | 'maxEntries'>,
): CallbackProtections {
  const { store, secrets, now, maxAgeMs, maxEntries } = options;

  const openKey = async (tenant: string, { credentialId, secret }: CallbackCredential): Promise<Buffer> => {
    if (secrets === null) throw new Error('callbacks are signed: set RAMAL_MASTER_KEY to check them');
    const key = toSigningKey(await secrets.open(tenant, toSigningField(credentialId), secret));
    if (key === null) throw new Error('a signing secret is no key of Standard Webhooks');
    return key;
  };

  const load = async (tenant: string): Promise<Loaded> => {
    const readAtMs = now();
    const [networks, credentials] = await Promise.all([
      findCallbackNetworks(store, tenant),
      listCallbackCredentials(store, tenant),
    ]);
    const of = async <T>(
      kind: CallbackCredential['kind'],
      toValue: (credential: CallbackCredential) => Promise<T> | T,
    ): Promise<Ending<T>[] | null> => {
      const all = credentials.filter((credential) => credential.kind === kind);
      if (all.length === 0) return null;
      const living = all.filter(({ endsInMs }) => endsInMs === null || endsInMs > 0);
      return Promise.all(
        living.map(async (credential) => ({
          endsAtMs: credential.endsInMs === null ? null : readAtMs + credential.endsInMs,
          value: await toValue(credential),
        })),
      );
    };
    const signing = await of('signing', (credential) => openKey(tenant, credential));
    const basic = await of('basic', ({ user, secret }) => ({ user: user ?? '', passwordHash: secret }));
    const loaded = { networks: networks === null ? null : toNetworks(networks), signing, basic };
    const unending = [...(signing ?? []), ...(basic ?? [])].every(({ endsAtMs }) => endsAtMs === null);
    return { ...loaded, unending: unending ? toProtection(loaded, 0) : null };
  };

  const cache = createCache<string, Loaded | null>({ load, maxAgeMs, maxEntries, now, leastShare: 0.5 });
  const read = createPatientReader(cache, now);
  return {
    async of(tenant) {
      const loaded = await read(tenant);
      if (loaded === null) throw new TypeError('a protection is always an object');
      return loaded.unending ?? toProtection(loaded, now());
    },
    forget: (tenant) => cache.deleteWhere((key) => tenant === null || key === tenant),
  };
}

/** A row that holds something else, written past the command line, lets nobody in rather than anybody. */
function toNetworks(networks: readonly string[]): NetworkList {
  try {
    return parseNetworks(networks);
  } catch (error) {
    if (error instanceof NetworkInvalidError) return NOBODY;
    throw error;
  }
}

function toProtection(
  { networks, signing, basic }: Omit<Loaded, 'unending'>,
  nowMs: number,
): CallbackProtection {
  return { networks, signingKeys: toLiving(signing, nowMs), basicLogins: toLiving(basic, nowMs) };
}

function toLiving<T>(all: readonly Ending<T>[] | null, nowMs: number): T[] | null {
  if (all === null) return null;
  return all.flatMap(({ endsAtMs, value }) => (endsAtMs === null || endsAtMs > nowMs ? [value] : []));
}
