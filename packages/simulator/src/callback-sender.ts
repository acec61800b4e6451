import { setMaxListeners } from 'node:events';
import type { CallbackEvent, CallbackRequest } from './callback-request.ts';
import type { PendingTimers } from './pending-timers.ts';
import { sendRequest } from './send-request.ts';
import type { SimulatorLog } from './simulator-log.ts';

/** Waits before the retries of a callback: 14 s in all, as patient as real CTIs are. */
export const RETRY_DELAYS_MS: readonly number[] = [500, 1000, 2000, 4000, 6500];

/** One attempt to deliver one copy of a callback. */
export interface CallbackRecord {
  /** Counts from 1, in the order the attempts started. */
  readonly seq: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly account: string;
  readonly callId: string;
  readonly event: CallbackEvent;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body: string;
  /** Counts from 1; above 1 are deliberate duplicates. */
  readonly copy: number;
  /** Counts from 1; above 1 are retries. */
  readonly attempt: number;
  /** Status of the reply; null while under way and after a network error. */
  readonly status: number | null;
  /** The network error, if that is how it went. */
  readonly error: string | null;
  readonly durationMs: number | null;
}

export interface CallbackSenderOptions {
  timers: PendingTimers;
  log: SimulatorLog;
  retryDelaysMs: readonly number[];
  /** After this an attempt counts as a network error. */
  attemptTimeoutMs: number;
}

interface Callback {
  account: string;
  callId: string;
  event: CallbackEvent;
  request: CallbackRequest;
  /** How often it is sent at the same moment; at least 1. */
  copies: number;
}

/** Delivers callbacks and remembers each attempt. */
export interface CallbackSender {
  /** Resolves when the first attempt of every copy is over; retries of 5xx and network errors go on after that. */
  send(callback: Callback): Promise<void>;
  records(): CallbackRecord[];
  clear(): void;
  /** Ends attempts under way; retries end with the timers. */
  stop(): void;
}

export function createCallbackSender(options: CallbackSenderOptions): CallbackSender {
  const { timers, log, retryDelaysMs, attemptTimeoutMs } = options;
  const aborter = new AbortController();
  // Every attempt under way listens.
  setMaxListeners(0, aborter.signal);
  let records: CallbackRecord[] = [];
  let seq = 0;

  async function attemptOnce(callback: Callback, copy: number, attempt: number): Promise<boolean> {
    const at = Date.now();
    const { account, callId, event, request } = callback;
    const { method, url, body } = request;
    seq += 1;
    const base = { seq, at, account, callId, event, method, url, body, copy, attempt };
    const record: { -readonly [K in keyof CallbackRecord]: CallbackRecord[K] } = {
      ...base,
      status: null,
      error: null,
      durationMs: null,
    };
    records.push(record);
    try {
      record.status = await sendRequest(request, { timeoutMs: attemptTimeoutMs, signal: aborter.signal });
    } catch (error) {
      record.error = error instanceof Error ? error.message || error.name : String(error);
    }
    record.durationMs = Date.now() - at;
    const done = record.status !== null && record.status < 500;
    log(done ? 'info' : 'warn', 'callback', {
      account,
      callId,
      event,
      copy,
      attempt,
      status: record.status,
      error: record.error,
    });
    return done;
  }

  async function attempt(callback: Callback, copy: number, count: number): Promise<void> {
    if (aborter.signal.aborted) return;
    if (await attemptOnce(callback, copy, count)) return;
    const delayMs = retryDelaysMs[count - 1];
    if (delayMs === undefined) {
      log('error', 'callback given up', { account: callback.account, callId: callback.callId, copy });
      return;
    }
    timers.after(delayMs, () => void attempt(callback, copy, count + 1));
  }

  return {
    async send(callback) {
      const copies = Array.from({ length: callback.copies }, (_, i) => attempt(callback, i + 1, 1));
      await Promise.all(copies);
    },
    records: () => records.map((record) => ({ ...record })),
    clear() {
      records = [];
    },
    stop: () => aborter.abort(),
  };
}
