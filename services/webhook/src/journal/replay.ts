import { setTimeout as delay } from 'node:timers/promises';
import { isRedisAway } from '@ramal/bus';
import type { JournalEntry } from './journal.ts';
import type { RedisState } from './redis-watch.ts';
import { createTokenBuckets } from '../token-buckets.ts';

/** Tells Redis what it was not told, and again what it may have lost, in the order of each call. */
export interface Replay {
  /** Redis was not told of this record; `attempt` may still do it, and is waited for. */
  tell(entry: JournalEntry, attempt?: Promise<unknown>): void;
  /**
   * Redis was told of it and may have forgotten.
   * @param isUrgent it most likely has
   */
  restore(entry: JournalEntry, isUrgent?: boolean): void;
  /**
   * Gives up what was only to be made sure of and was received before this moment: the disk does not have it any more.
   * Returns how many there were.
   */
  forget(beforeMs: number): number;
  /**
   * For so many ms, and until all that is urgent is restored, nothing else is told: a callback whose call is not there again yet, be it
   * for another process to bring it back, would begin a second one.
   */
  hold(forMs: number): void;
  isHolding(): boolean;
  /**
   * Does first what there is to do about calls with these keys, so that a newer callback finds its call as it should be.
   * Rejects when Redis is away.
   */
  settle(keys: readonly string[]): Promise<void>;
  hasWork(): boolean;
  /** Is there anything to do that waits for no attempt? */
  canTry(): boolean;
  /** There may be something to do: Redis is back. */
  wake(): void;
  /** Records that Redis was not told of, and since when the oldest waits, by a clock that only goes forward. */
  pending(): { count: number; oldestMs: number | null };
  /** When something was done last, or there was nothing to do, by the same clock. */
  progressMs(): number;
  /** Tells what there is to tell, as long as Redis is there, for so many ms at most; then waits for what has begun. */
  stop(forMs?: number): Promise<void>;
}

export interface ReplayOptions {
  state(): RedisState;
  /** What is to be done about one; rejects when it could not be done. */
  work(entry: JournalEntry, kind: 'tell' | 'restore'): Promise<void>;
  /** It was tried often, and Redis was there. Rejects when it can't be put away: then it is tried again. */
  bury(entry: JournalEntry, kind: 'tell' | 'restore', error: unknown): Promise<void>;
  onWorked(): void;
  onAway(error: unknown): void;
  /** Most that is done at once. */
  concurrency?: number;
  /** Most that is begun in a second, so that the callbacks of now are not kept waiting. */
  perSec?: number;
}

/** What is done first stands first: what others depend on, what agents wait for, what is only made sure of. */
const LINES = ['urgent', 'tell', 'restore'] as const;

interface Task {
  entry: JournalEntry;
  kind: 'tell' | 'restore';
  line: (typeof LINES)[number];
  attempt: Promise<unknown>;
  /** The attempt is under way. */
  waiting: boolean;
  /** When it was found that there is something to do. */
  addedMs: number;
  tries: number;
  notBeforeMs: number;
  running: Promise<void> | null;
}

const MOST_TRIES = 8;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5_000;
/** What can't be restored holds up the others no longer than this, beyond the time that was asked for. */
const MOST_HELD_MS = 4_000;
/** Looked through for one that can be begun. */
const LOOK_AHEAD = 500;
const PUMP_EVERY_MS = 50;
/** When a record was received is known that well: it is written down by a clock of whole ms. */
const RECEIPT_WITHIN_MS = 2;

export function createReplay(options: ReplayOptions): Replay {
  const { state, work, bury, onWorked, onAway, concurrency = 32, perSec = 2_000 } = options;
  const tasks = {
    urgent: new Map<string, Task>(),
    tell: new Map<string, Task>(),
    restore: new Map<string, Task>(),
  };
  let holdUntilMs = 0;
  const byKey = new Map<string, Set<Task>>();
  const pace = createTokenBuckets({
    perSec,
    burst: concurrency * 2,
    maxKeys: 1,
    now: () => performance.now(),
  });
  let running = 0;
  let stopped = false;
  let progressMs = performance.now();

  const add = (task: Task) => {
    tasks[task.line].set(task.entry.id, task);
    for (const key of task.entry.keys) {
      const others = byKey.get(key) ?? new Set();
      byKey.set(key, others.add(task));
    }
  };
  const takeOut = (task: Task) => {
    tasks[task.line].delete(task.entry.id);
    for (const key of task.entry.keys) {
      const others = byKey.get(key);
      others?.delete(task);
      if (others?.size === 0) byKey.delete(key);
    }
  };
  const remove = (task: Task) => {
    takeOut(task);
    progressMs = performance.now();
  };
  const withKeys = (keys: readonly string[]) => {
    const found = new Set(keys.flatMap((key) => [...(byKey.get(key) ?? [])]));
    return [...found].sort((a, b) => a.entry.sinceMs - b.entry.sinceMs);
  };

  const fail = async (task: Task, error: unknown) => {
    if (isRedisAway(error)) {
      onAway(error);
      throw error;
    }
    onWorked();
    task.tries += 1;
    task.notBeforeMs = performance.now() + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** task.tries);
    if (task.tries < MOST_TRIES) return;
    await bury(task.entry, task.kind, error).then(
      () => remove(task),
      () => undefined,
    );
  };

  /**
   * An attempt waits for what there was to do about its call when it began. So that the two do not wait for each other, none of that
   * waits for the attempt, be it the older one: a record that a dead process left may have been received a moment later.
   */
  const isWaitedForBy = (task: Task, other: Task) =>
    other.waiting && task.addedMs <= other.entry.sinceMs + RECEIPT_WITHIN_MS;

  /** What was received before, about the same call, goes first; one that can't be told yet is passed over. */
  const run = (task: Task): Promise<void> => {
    if (task.running !== null) return task.running;
    const doIt = async () => {
      await task.attempt.catch(() => undefined);
      for (const other of withKeys(task.entry.keys)) {
        if (other === task || other.entry.sinceMs >= task.entry.sinceMs) break;
        if (performance.now() >= other.notBeforeMs && !isWaitedForBy(task, other)) await run(other);
      }
      if (task.kind === 'tell' && task.entry.told) return remove(task);
      try {
        await work(task.entry, task.kind);
      } catch (error) {
        return await fail(task, error);
      }
      remove(task);
      onWorked();
    };
    task.running = doIt().finally(() => {
      task.running = null;
    });
    return task.running;
  };

  const begin = (task: Task) => {
    running += 1;
    run(task)
      // `onAway` knows.
      .catch(() => undefined)
      .finally(() => {
        running -= 1;
        pump();
      });
  };
  const next = (): Task | null => {
    const nowMs = performance.now();
    for (const line of isHolding() ? LINES.slice(0, 1) : LINES) {
      let looked = 0;
      for (const task of tasks[line].values()) {
        if (task.running === null && !task.waiting && nowMs >= task.notBeforeMs) return task;
        if ((looked += 1) > LOOK_AHEAD) break;
      }
    }
    return null;
  };
  const pump = () => {
    if (!hasWork()) progressMs = performance.now();
    while (!stopped && state() !== 'down') {
      if (running >= (state() === 'trial' ? 1 : concurrency)) return;
      const task = next();
      if (task === null || !pace.take('all')) return;
      begin(task);
    }
    if (state() === 'down') progressMs = performance.now();
  };
  const hasWork = () => LINES.some((line) => tasks[line].size > 0);
  const canTry = () => {
    for (const line of LINES) for (const { waiting } of tasks[line].values()) if (!waiting) return true;
    return false;
  };
  const isHolding = () => {
    const overMs = performance.now() - holdUntilMs;
    return overMs < 0 || (tasks.urgent.size > 0 && overMs < MOST_HELD_MS);
  };
  const timer = setInterval(pump, PUMP_EVERY_MS);

  const toTask = (entry: JournalEntry, line: Task['line'], attempt?: Promise<unknown>): Task => {
    const kind = line === 'tell' ? 'tell' : 'restore';
    const task: Task = {
      ...{ entry, kind, line, attempt: attempt ?? Promise.resolve() },
      ...{ waiting: attempt !== undefined, addedMs: performance.now() },
      ...{ tries: 0, notBeforeMs: 0, running: null },
    };
    const settled = () => {
      task.waiting = false;
      pump();
    };
    // Whoever runs it looks at what came of it.
    attempt?.then(settled, settled);
    return task;
  };
  return {
    tell(entry, attempt) {
      if (entry.told || tasks.tell.has(entry.id)) return;
      add(toTask(entry, 'tell', attempt));
      if (state() === 'up') pump();
    },
    restore(entry, isUrgent = false) {
      if (!entry.told || tasks.urgent.has(entry.id)) return;
      const known = tasks.restore.get(entry.id);
      if (known !== undefined && (!isUrgent || known.running !== null)) return;
      if (known !== undefined) remove(known);
      add(toTask(entry, isUrgent ? 'urgent' : 'restore'));
    },
    forget(beforeMs) {
      const gone = [...tasks.restore.values()].filter(
        ({ running: one, entry }) => one === null && entry.sinceMs < beforeMs,
      );
      for (const task of gone) takeOut(task);
      return gone.length;
    },
    hold(forMs) {
      holdUntilMs = Math.max(holdUntilMs, performance.now() + forMs);
    },
    isHolding,
    async settle(keys) {
      for (const task of withKeys(keys)) {
        if (performance.now() >= task.notBeforeMs) await run(task);
      }
    },
    hasWork,
    canTry,
    wake: pump,
    pending() {
      const [oldest] = tasks.tell.values();
      return { count: tasks.tell.size, oldestMs: oldest?.entry.sinceMs ?? null };
    },
    progressMs: () => progressMs,
    async stop(forMs = 0) {
      const untilMs = performance.now() + forMs;
      while (tasks.tell.size > 0 && state() !== 'down' && performance.now() < untilMs) {
        await delay(PUMP_EVERY_MS);
      }
      stopped = true;
      clearInterval(timer);
      const all = LINES.flatMap((line) => [...tasks[line].values()]);
      await Promise.allSettled(all.flatMap(({ running: one }) => one ?? []));
    },
  };
}
