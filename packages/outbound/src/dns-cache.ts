import { toErrorCode } from './errors.ts';
import type { AddressFamily, DnsRecord } from './query-dns.ts';

/** What is remembered is never older than this, nor forgotten sooner, whatever its TTL says. In ms. */
const LEAST_TTL_MS = 5_000;
const MOST_TTL_MS = 300_000;
/** That there is no such name: somebody may be about to add it. */
const NO_NAME_MS = 5_000;
/** That a name has no address of this family, as most have no IPv6. */
const NO_ADDRESS_MS = 60_000;
/** After DNS did not answer: before it is asked again, with an older answer at hand and without one. */
const RETRY_STALE_MS = 5_000;
const RETRY_MS = 1_000;
/** For so long after its TTL an answer stands in while DNS is away. */
const STALE_MS = 3_600_000;
/** So long is a fresh answer waited for where an older one is at hand. */
const STALE_PATIENCE_MS = 250;

/** What was last learned; `until` it is not asked again. */
interface Entry {
  addresses: readonly string[];
  /** DNS did not answer, and nothing older is known. */
  error?: unknown;
  until: number;
  /** The addresses may stand in until then. */
  staleUntil: number;
}

/** A cache of addresses, by name and family. */
export interface DnsCache {
  /** Empty where there are none. @throws what the query throws, while DNS does not answer and nothing is known */
  lookup(host: string, family: AddressFamily): Promise<readonly string[]>;
}

/**
 * Remembers what DNS says for its TTL; many who ask at once share one query; while DNS is away the last known addresses
 * stand in. The oldest unused names go first.
 * @param options.now a clock that only goes forward, ms
 */
export function createDnsCache(options: {
  query: (host: string, family: AddressFamily) => Promise<DnsRecord[]>;
  maxEntries?: number;
  now?: () => number;
}): DnsCache {
  const { query, maxEntries = 20_000, now = () => performance.now() } = options;
  const entries = new Map<string, Entry>();
  const underWay = new Map<string, Promise<Entry>>();

  const remember = (key: string, entry: Entry): Entry => {
    entries.delete(key);
    entries.set(key, entry);
    if (entries.size > maxEntries) {
      const oldest = entries.keys().next();
      if (oldest.done !== true) entries.delete(oldest.value);
    }
    return entry;
  };

  const ask = async (key: string, host: string, family: AddressFamily): Promise<Entry> => {
    try {
      const records = await query(host, family);
      const ttlMs = Math.min(...records.map(({ ttl }) => ttl)) * 1000;
      const until = now() + Math.min(MOST_TTL_MS, Math.max(LEAST_TTL_MS, ttlMs));
      const addresses = records.map(({ address }) => address);
      return remember(key, { addresses, until, staleUntil: until + STALE_MS });
    } catch (error) {
      const code = toErrorCode(error);
      if (code === 'ENOTFOUND' || code === 'ENODATA') {
        // Also ends what was known: the addresses may be somebody else's by now.
        const until = now() + (code === 'ENOTFOUND' ? NO_NAME_MS : NO_ADDRESS_MS);
        return remember(key, { addresses: [], until, staleUntil: 0 });
      }
      const known = entries.get(key);
      return known !== undefined && isStale(known, now())
        ? remember(key, { ...known, until: now() + RETRY_STALE_MS })
        : remember(key, { addresses: [], error, until: now() + RETRY_MS, staleUntil: 0 });
    }
  };

  return {
    async lookup(host, family) {
      const key = `${family} ${host}`;
      const known = entries.get(key);
      if (known !== undefined && now() < known.until) {
        return toAddresses(remember(key, known));
      }
      let asking = underWay.get(key);
      if (asking === undefined) {
        asking = ask(key, host, family).finally(() => underWay.delete(key));
        underWay.set(key, asking);
      }
      if (known === undefined || !isStale(known, now())) return toAddresses(await asking);
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<Entry>((resolve) => {
        timer = setTimeout(() => resolve(known), STALE_PATIENCE_MS);
      });
      return toAddresses(await Promise.race([asking, patience]).finally(() => clearTimeout(timer)));
    },
  };
}

function isStale({ addresses, staleUntil }: Entry, nowMs: number): boolean {
  return addresses.length > 0 && nowMs < staleUntil;
}

function toAddresses({ addresses, error }: Entry): readonly string[] {
  if (error !== undefined) throw error;
  return addresses;
}
