import type { AccessSnapshot } from '@ramal/contracts';
import { readAccessRows, toAccessSnapshot } from './access-snapshot.ts';
import type { Queryable } from './connect-store.ts';
import type { TenantSecrets } from './tenant-secrets.ts';

/**
 * Whose tokens are taken, in memory: a whole herd that comes back asks PostgreSQL nothing, a change is heard of at once,
 * and while PostgreSQL is away what was known last stands.
 */
export interface AccessWatch {
  /**
   * What is known. Right after the start it is waited for, half a second in all; null while nothing was ever
   * read.
   */
  current(): Promise<AccessSnapshot | null>;
  /** The same, of what is known by now. */
  known(): AccessSnapshot | null;
  /** Called after each change. */
  onChange(listener: () => void): void;
  /** Something has changed: read it again. */
  refresh(): void;
  close(): void;
}

export interface AccessWatchOptions {
  store: Queryable;
  secrets: Pick<TenantSecrets, 'open'> | null;
  /** True while `refresh` is called for each change. */
  noticed(): boolean;
  onError(error: Error): void;
  /** A clock that only goes forward, ms. */
  now?: () => number;
}

/** How old it may be where no notice would come: a revocation reaches open sockets within two seconds. */
const UNNOTICED_MAX_AGE_MS = 900;
/** In case a notice is lost. */
const NOTICED_MAX_AGE_MS = 30_000;
const TICK_MS = 300;
const PATIENCE_MS = 500;
/** How often what can't be opened is tried again. */
const RETRY_CLOSED_MS = 30_000;

export function startAccessWatch(options: AccessWatchOptions): AccessWatch {
  const { store, secrets, noticed, onError, now = () => performance.now() } = options;
  const listeners: (() => void)[] = [];
  let snapshot: AccessSnapshot | null = null;
  let fingerprint = '';
  let triedAtMs = Number.NEGATIVE_INFINITY;
  /** Told once, not each time. */
  let failing = false;
  let openedAtMs = 0;
  let complete = true;
  let reading = false;
  let again = false;
  let closed = false;

  const read = async () => {
    const startedMs = now();
    triedAtMs = startedMs;
    const rows = await readAccessRows(store);
    failing = false;
    const text = JSON.stringify(rows);
    if (text === fingerprint && (complete || startedMs - openedAtMs < RETRY_CLOSED_MS)) return;
    let whole = true;
    const next = await toAccessSnapshot(rows, secrets, (error) => {
      whole = false;
      onError(error);
    });
    if (closed) return;
    snapshot = next;
    fingerprint = text;
    complete = whole;
    openedAtMs = startedMs;
    for (const listener of listeners) listener();
  };

  const refresh = () => {
    again = reading;
    if (reading || closed) return;
    reading = true;
    void read()
      .catch((error: unknown) => {
        if (!failing) onError(error instanceof Error ? error : new Error(String(error)));
        failing = true;
      })
      .finally(() => {
        reading = false;
        settle();
        if (again) refresh();
      });
  };

  let settle: () => void = () => undefined;
  const firstRead = new Promise<void>((resolve) => {
    settle = resolve;
    // Lost once, not by everyone who comes.
    setTimeout(resolve, PATIENCE_MS).unref();
  });
  const timer = setInterval(() => {
    const maxAgeMs = noticed() && !failing ? NOTICED_MAX_AGE_MS : UNNOTICED_MAX_AGE_MS;
    if (now() - triedAtMs >= maxAgeMs) refresh();
  }, TICK_MS);
  refresh();

  return {
    async current() {
      if (snapshot === null) await firstRead;
      return snapshot;
    },
    known: () => snapshot,
    onChange: (listener) => void listeners.push(listener),
    refresh,
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}
