export interface CacheOptions<K, V> {
  load: (key: K) => Promise<V>;
  /** Counted from the start of the load: nothing older than this is ever handed out once loaded. */
  maxAgeMs: number | (() => number);
  /** Beyond it the least recently asked-for entry goes. */
  maxEntries: number;
  /** Epoch ms, or any clock that only goes forward. */
  now: () => number;
  /**
   * From which part of its age on an entry may be loaded anew, each at a moment of its own: what was loaded together, as
   * after a start, is then not loaded together again. Default 1.
   */
  leastShare?: number;
  /** From 0 to 1; default: by chance. */
  random?: () => number;
}

export interface Cache<K, V> {
  /** The cached value, or a load shared by all who ask for the key meanwhile. Rejects as the load does. */
  get(key: K): Promise<V>;
  /** What is loaded and young enough, at once; undefined where there is something to wait for. */
  peek(key: K): { readonly value: V } | undefined;
  /** Forgets a key; a load under way is not handed to those who ask from now on. */
  delete(key: K): void;
  /** Forgets every key that fits, as `delete` does. */
  deleteWhere(fits: (key: K) => boolean): void;
  clear(): void;
}

interface Entry<V> {
  value: Promise<V>;
  startedAtMs: number;
  /** How much of the age it may reach. */
  share: number;
  loading: boolean;
  /** Null until it is loaded. */
  loaded: { readonly value: V } | null;
}

/** A read-through cache of bounded age and size, for configuration that takes effect without a restart (R29). */
export function createCache<K, V>(options: CacheOptions<K, V>): Cache<K, V> {
  const { leastShare = 1, random = Math.random } = options;
  // In the order of last use, oldest first.
  const entries = new Map<K, Entry<V>>();

  function start(key: K): Entry<V> {
    const entry: Entry<V> = {
      value: Promise.resolve().then(() => options.load(key)),
      startedAtMs: options.now(),
      share: 1 - random() * (1 - leastShare),
      loading: true,
      loaded: null,
    };
    entry.value.then(
      (value) => {
        entry.loading = false;
        entry.loaded = { value };
      },
      () => {
        // A failure is not cached, and must not take a newer entry with it.
        if (entries.get(key) === entry) entries.delete(key);
      },
    );
    return entry;
  }

  function isUsable(entry: Entry<V>): boolean {
    const maxAgeMs = typeof options.maxAgeMs === 'number' ? options.maxAgeMs : options.maxAgeMs();
    return entry.loading || options.now() - entry.startedAtMs < maxAgeMs * entry.share;
  }

  return {
    get(key) {
      const known = entries.get(key);
      const entry = known !== undefined && isUsable(known) ? known : start(key);
      entries.delete(key);
      entries.set(key, entry);
      if (entries.size > options.maxEntries) {
        for (const oldest of entries.keys()) {
          entries.delete(oldest);
          break;
        }
      }
      return entry.value;
    },
    peek(key) {
      const known = entries.get(key);
      if (known?.loaded == null || !isUsable(known)) return undefined;
      entries.delete(key);
      entries.set(key, known);
      return known.loaded;
    },
    delete: (key) => void entries.delete(key),
    deleteWhere(fits) {
      for (const key of entries.keys()) if (fits(key)) entries.delete(key);
    },
    clear: () => entries.clear(),
  };
}
