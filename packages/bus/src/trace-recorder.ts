import { randomUUID } from 'node:crypto';
import { type CallTrace, type Names, TRACE_FIELD, type TraceBatch } from '@ramal/contracts';
import type { Redis } from 'ioredis';

/** A step as its watcher tells it; the recorder adds its id, the process and the time. */
export interface NewTrace extends Pick<CallTrace, 'callId' | 'step'> {
  user?: string | undefined;
  popupId?: string | undefined;
  reason?: CallTrace['reason'];
  /** Short and flat; what is undefined is left out. No credential and no whole phone number (I8). */
  detail?: Readonly<Record<string, string | number | boolean | null | undefined>>;
}

/**
 * The flight recorder: the steps on a call's way that are no facts about it. It promises nothing, so that what it
 * watches never waits for it: steps are lost with the process, with Redis, and where there are too many of them.
 */
export interface TraceRecorder {
  /**
   * Notes a step; at once, in memory, and never throws.
   * @param happenedMs when, by `performance.now()`; default now
   */
  record(tenant: string, trace: NewTrace, happenedMs?: number): void;
  /** Writes what is left, for a bounded time; what is recorded afterwards is lost. */
  stop(): Promise<void>;
}

type DropReason = 'full' | 'redis';

export interface TraceRecorderOptions {
  redis: Redis;
  names: Names;
  /** The process, such as `dialer@host-12`. */
  by: string;
  /** Told how many steps were lost, and whether for want of room or of Redis. */
  onDropped?(count: number, why: DropReason): void;
  /** Most steps kept in memory, those on their way to Redis included; default 10000. */
  maxBuffered?: number;
  /** Default 200. */
  flushEveryMs?: number;
}

/** Records nothing: for who is not watched. */
export const NO_TRACES: TraceRecorder = { record: () => undefined, stop: async () => undefined };

const MAX_BUFFERED = 10_000;
const FLUSH_EVERY_MS = 200;
/** Well below what a `TraceBatch` may hold, so that no entry of the stream is a large one. */
const MOST_IN_ENTRY = 500;
const STOP_TIMEOUT_MS = 1_000;
const MAX_TEXT = 512;
const MAX_NAME = 32;
const MAX_PROCESS = 128;

interface Noted {
  trace: NewTrace;
  happenedMs: number;
}

/** @param options.redis fails fast: a command that waits for Redis to come back would hold its steps in memory */
export function createTraceRecorder(options: TraceRecorderOptions): TraceRecorder {
  const { redis, names, onDropped = () => undefined } = options;
  const { maxBuffered = MAX_BUFFERED, flushEveryMs = FLUSH_EVERY_MS } = options;
  const by = options.by.slice(0, MAX_PROCESS);
  const nextId = createTraceIds();
  let waiting = new Map<string, Noted[]>();
  /** Steps in memory: those that wait, and those Redis has not answered yet. */
  let held = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  const writing = new Set<Promise<void>>();

  /** One pipeline for each partition, since a pipeline must stay in one cluster slot. */
  const write = async (partition: number, batches: readonly (readonly [string, readonly Noted[]])[]) => {
    const nowMs = performance.now();
    const sizes: number[] = [];
    let kept = 0;
    try {
      const pipeline = redis.pipeline();
      for (const [tenant, noted] of batches) {
        for (let from = 0; from < noted.length; from += MOST_IN_ENTRY) {
          const some = noted.slice(from, from + MOST_IN_ENTRY);
          const batch: TraceBatch = { tenant, traces: some.map((one) => toTrace(one, nextId(), by, nowMs)) };
          pipeline.xadd(names.events(partition), '*', TRACE_FIELD, JSON.stringify(batch));
          sizes.push(some.length);
        }
      }
      const replies = await pipeline.exec();
      for (const [i, [error]] of (replies ?? []).entries()) if (error === null) kept += sizes[i] ?? 0;
    } catch {
      // Told below: what was not kept is lost, whyever it was.
    }
    const total = batches.reduce((sum, [, noted]) => sum + noted.length, 0);
    held -= total;
    if (kept < total) onDropped(total - kept, 'redis');
  };

  const flush = () => {
    timer = null;
    const byPartition = new Map<number, [string, Noted[]][]>();
    for (const batch of waiting) {
      const partition = names.partitionOf(batch[0]);
      byPartition.set(partition, [...(byPartition.get(partition) ?? []), batch]);
    }
    waiting = new Map();
    for (const [partition, batches] of byPartition) {
      const written: Promise<void> = write(partition, batches).finally(() => writing.delete(written));
      writing.add(written);
    }
    if (dropped > 0) onDropped(dropped, 'full');
    dropped = 0;
  };

  return {
    record(tenant, trace, happenedMs = performance.now()) {
      if (stopped) return;
      if (held >= maxBuffered) {
        // Told with the next flush: where there are too many, telling of each would be too much as well.
        dropped += 1;
      } else {
        held += 1;
        const noted = waiting.get(tenant);
        if (noted === undefined) waiting.set(tenant, [{ trace, happenedMs }]);
        else noted.push({ trace, happenedMs });
      }
      timer ??= setTimeout(flush, flushEveryMs).unref();
    },
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      flush();
      let bound: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        bound = setTimeout(resolve, STOP_TIMEOUT_MS);
      });
      await Promise.race([Promise.all(writing), patience]);
      clearTimeout(bound);
    },
  };
}

/** Ids of one recorder: its own randomness, then a count. A fresh random id for every step costs as much as the step. */
function createTraceIds(): () => string {
  const head = randomUUID().slice(0, 24);
  let last = 0;
  return () => {
    last += 1;
    return head + last.toString(16).padStart(12, '0');
  };
}

function toTrace({ trace, happenedMs }: Noted, traceId: string, by: string, nowMs: number): CallTrace {
  const { callId, step, user, popupId, reason, detail } = trace;
  return {
    traceId,
    callId,
    step,
    by,
    ...(user === undefined ? {} : { user }),
    ...(popupId === undefined ? {} : { popupId }),
    ...(reason === undefined ? {} : { reason }),
    ...(detail === undefined ? {} : { detail: toDetail(detail) }),
    // Rounded down, so that no step seems to come before the fact that brought it about.
    ageMs: Math.max(0, Math.floor(nowMs - happenedMs)),
  };
}

function toDetail(detail: NonNullable<NewTrace['detail']>): NonNullable<CallTrace['detail']> {
  const kept: NonNullable<CallTrace['detail']> = {};
  for (const name in detail) {
    const value = detail[name];
    if (value === undefined || value === null || Number.isNaN(value)) continue;
    kept[name.slice(0, MAX_NAME)] = typeof value === 'string' ? toText(value) : value;
  }
  return kept;
}

/** At most 512 characters that PostgreSQL can store: no NUL, and no half of a surrogate pair. */
function toText(value: string): string {
  const text = value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value;
  // Most texts are plain, and telling so is cheap.
  return SUSPECT.test(text) ? text.replace(/\0|\p{Cs}/gu, '\ufffd') : text;
}
const SUSPECT = /[\0\ud800-\udfff]/;
