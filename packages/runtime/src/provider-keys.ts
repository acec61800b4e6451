import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { WireError } from './wire-error.ts';

/** What is asked of the door to the outside: no redirect followed, its address judged, time and size bounded. */
export type FetchKeys = (
  url: string,
  options: { timeoutMs: number; maxBytes: number; headers: Record<string, string> },
) => Promise<{ status: number; body: Buffer }>;

/** The public keys that identity providers publish (JWKS), kept in memory. */
export interface ProviderKeys {
  /**
   * What finds the key of a token among the provider's.
   * @throws (when called) jose's JWKS errors for a key that is not there, WireError `unavailable` while nobody can tell
   */
  of(url: string): JWTVerifyGetKey;
}

export interface ProviderKeysOptions {
  fetch: FetchKeys;
  onRefreshFailed(fields: { host: string; error: unknown }): void;
  /** A clock that only goes forward, ms. */
  now?: () => number;
}

/** Asked again after this, even with nothing unknown: a key that was withdrawn stops counting. */
const FRESH_MS = 10 * 60_000;
/** For how long the last good keys stand in for a provider that does not answer. */
const KEPT_MS = 24 * 60 * 60_000;
/** A provider is asked once in this time at most, whatever tokens name. */
const COOL_DOWN_MS = 10_000;
const TIMEOUT_MS = 3_000;
const MAX_BYTES = 64 * 1024;
const MOST_KEYS = 50;
const MOST_PROVIDERS = 1_000;

interface Provider {
  find: ReturnType<typeof createLocalJWKSet> | null;
  /** When what is known was asked for. */
  goodAtMs: number;
  triedAtMs: number;
  /** Whether it succeeded; shared by all who wait for it. */
  refreshing: Promise<boolean> | null;
}

export function createProviderKeys(options: ProviderKeysOptions): ProviderKeys {
  const { fetch, onRefreshFailed, now = () => performance.now() } = options;
  // In the order of first use.
  const providers = new Map<string, Provider>();

  const toProvider = (url: string): Provider => {
    const never = Number.NEGATIVE_INFINITY;
    const provider = providers.get(url) ?? {
      find: null,
      goodAtMs: never,
      triedAtMs: never,
      refreshing: null,
    };
    providers.set(url, provider);
    if (providers.size > MOST_PROVIDERS) {
      const [oldest] = providers.keys();
      if (oldest !== undefined && oldest !== url) providers.delete(oldest);
    }
    return provider;
  };

  const load = async (url: string, provider: Provider): Promise<boolean> => {
    const startedMs = now();
    provider.triedAtMs = startedMs;
    try {
      const headers = { accept: 'application/jwk-set+json, application/json' };
      const { status, body } = await fetch(url, { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, headers });
      if (status !== 200) throw new Error(`the provider answered ${status}`);
      provider.find = createLocalJWKSet(parseKeySet(body));
      provider.goodAtMs = startedMs;
      return true;
    } catch (error) {
      onRefreshFailed({ host: toHost(url), error });
      return false;
    }
  };

  /** False while it failed, or was tried a moment ago. */
  const refresh = (url: string, provider: Provider): Promise<boolean> => {
    if (provider.refreshing !== null) return provider.refreshing;
    if (now() - provider.triedAtMs < COOL_DOWN_MS) return Promise.resolve(false);
    provider.refreshing = load(url, provider).finally(() => {
      provider.refreshing = null;
    });
    return provider.refreshing;
  };

  return {
    of: (url) => async (header, token) => {
      const provider = toProvider(url);
      const knownSinceMs = provider.goodAtMs;
      if (now() - provider.goodAtMs > FRESH_MS) await refresh(url, provider);
      if (provider.find === null || now() - provider.goodAtMs > KEPT_MS) {
        throw new WireError('unavailable', 'the company’s identity provider does not answer; try again');
      }
      try {
        return await provider.find(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        // Read for this very token, or there under another algorithm: no newer answer would help.
        if (
          provider.goodAtMs !== knownSinceMs ||
          provider.find.jwks().keys.some(({ kid }) => kid === header.kid)
        )
          throw error;
        // It may be a new key. Who asks within the cool-down is not told no, for nobody knows yet.
        if (!(await refresh(url, provider))) {
          throw new WireError('unavailable', 'the key of this token is not known yet; try again in a moment');
        }
        return provider.find(header, token);
      }
    },
  };
}

/** Public keys for signatures, and nothing else of what was published: shared secrets have no place there. */
function parseKeySet(body: Buffer): JSONWebKeySet {
  const { keys } = (JSON.parse(body.toString('utf8')) ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('the provider’s answer is no key set');
  const usable = keys.slice(0, MOST_KEYS).filter((key: unknown) => {
    const { kty, d } = (key ?? {}) as { kty?: unknown; d?: unknown };
    return (kty === 'RSA' || kty === 'EC' || kty === 'OKP') && d === undefined;
  });
  return { keys: usable } as JSONWebKeySet;
}

function toHost(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'no address';
}
