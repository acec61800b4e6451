import type { Queryable } from './connect-store.ts';

/** Notes when each callback token was used last, now and then and in one statement: never on a callback's way. */
export interface CallbackTokenUses {
  note(hash: Buffer): void;
  /** Writes what is noted; what can't be written is lost, and the next use is noted again. */
  flush(): Promise<void>;
  /** Writes a last time. */
  stop(): Promise<void>;
}

const NOTE_USES_EVERY_MS = 60_000;

/** @param now a clock that only goes forward, ms */
export function createCallbackTokenUses(options: {
  store: Queryable;
  now: () => number;
  onError(error: Error): void;
}): CallbackTokenUses {
  const { store, now, onError } = options;
  let used = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  const flush = async () => {
    clearTimeout(timer);
    timer = undefined;
    if (used.size === 0) return;
    const batch = [...used];
    used = new Map();
    await store
      .query(
        // In one order, so that two processes never wait for each other's rows crosswise.
        `insert into callback_token_uses (token_hash, last_used_at)
         select decode(hash, 'hex'), now() - make_interval(secs => age_sec)
           from unnest($1::text[], $2::float8[]) as t(hash, age_sec) order by hash
         on conflict (token_hash) do update
           set last_used_at = greatest(callback_token_uses.last_used_at, excluded.last_used_at)`,
        [batch.map(([hash]) => hash), batch.map(([, atMs]) => (now() - atMs) / 1000)],
      )
      .catch((error: unknown) => onError(error instanceof Error ? error : new Error(String(error))));
  };

  return {
    note(hash) {
      used.set(hash.toString('hex'), now());
      timer ??= setTimeout(() => void flush(), NOTE_USES_EVERY_MS).unref();
    },
    flush,
    stop: flush,
  };
}
