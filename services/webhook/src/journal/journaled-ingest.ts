import { randomUUID } from 'node:crypto';
import type { SignedMessage, TraceRecorder } from '@ramal/bus';
import type { Callback, CallbackKind } from '@ramal/calls';
import { newCallId } from '@ramal/runtime';
import type { Events } from '../events.ts';
import { type CallbackIngest, type Ingested, noteTold, readCallback } from '../ingest-callback.ts';
import type { CallbackTeller, ToldCallback } from '../tell-callback.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { JournalRecord } from './journal-record.ts';
import { toOrderKeys } from './order-keys.ts';
import type { RedisClock } from './redis-clock.ts';
import { RedisSilentError, type RedisWatch } from './redis-watch.ts';
import type { Replay } from './replay.ts';

export interface JournaledIngestOptions {
  journal: Pick<Journal, 'append' | 'settle'>;
  replay: Pick<Replay, 'settle' | 'tell' | 'isHolding'>;
  watch: Pick<RedisWatch, 'state' | 'failed'>;
  clock: RedisClock;
  tellCallback: CallbackTeller;
  events: Events;
  recorder: TraceRecorder;
  /** How long a callback waits for Redis, ms. */
  patienceMs: number;
  /** A callback was answered that is in Redis and not on the disk. */
  onJournalFailed(error: unknown): void;
  onJournalWorked(): void;
}

type Attempt = { kind: 'told'; told: ToldCallback } | { kind: 'failed'; error: unknown };

/**
 * A callback that had to wait longer for older ones of its call is matched and dated as of its receipt, as they are: by the time it
 * is told its call may have ended so long ago that it would begin another one.
 */
const PROMPT_MS = 300;

/**
 * With Redis away the disk is all there is: one that is slow is waited for as long as CTIs wait, rather than sending the callback
 * away. One that refuses, or is full, says so at once.
 */
const LAST_PATIENCE_MS = 2_500;

/**
 * Takes a callback when it is on the disk and in Redis, side by side; with one of them down, when it is in the other
 * (I3). Redis is waited for for less than a second, and while it is known to be away not at all.
 */
export function createJournaledIngest(options: JournaledIngestOptions): CallbackIngest {
  const { journal, replay, watch, clock, tellCallback, events, recorder, patienceMs } = options;

  /** Redis is told, after what it was not told of the same call before. */
  const tell = async (record: JournalRecord, keys: readonly string[]): Promise<ToldCallback> => {
    const { tenant, callback, callId, receivedAtMs } = record;
    const startedMs = performance.now();
    await replay.settle(keys);
    const isPrompt = performance.now() - startedMs < PROMPT_MS;
    return tellCallback(tenant, callback, isPrompt ? { callId } : { callId, receivedAtMs });
  };

  return async (profile, kind, variables, signed) => {
    const startedMs = performance.now();
    const { tenant } = profile.tenant;
    const record = toRecord(tenant, readCallback(events, profile, kind, variables), clock.nowMs(), signed);
    const append = (forMs?: number) =>
      journal.append(record, forMs).then(
        (entry) => {
          options.onJournalWorked();
          return entry;
        },
        (error: unknown) => {
          options.onJournalFailed(error);
          return null;
        },
      );
    const appended = append();
    let told: Promise<ToldCallback> | undefined;
    let result: Attempt | null = null;
    if (watch.state() === 'up' && !replay.isHolding()) {
      told = tell(record, toOrderKeys(tenant, record.callback));
      result = await withinPatience(told, patienceMs);
      if (result.kind === 'failed' && !isBusy(result.error)) watch.failed(result.error);
    }
    let entry = await appended;
    if (entry === null && result?.kind !== 'told') entry = await append(LAST_PATIENCE_MS);
    // Neither is sure: Redis may be back, or just slow; whatever becomes of it is the answer.
    if (entry === null && result?.kind !== 'told') {
      told ??= tell(record, []);
      return stored(tenant, kind, await told, startedMs);
    }
    if (result?.kind === 'told') {
      if (entry !== null) journal.settle(entry, result.told.event);
      return stored(tenant, kind, result.told, startedMs);
    }
    if (entry !== null) settleLater(entry, told);
    events.received({ tenant, kind, callId: null, outcome: 'journaled', ms: performance.now() - startedMs });
    return { callId: null, outcome: 'journaled' };
  };

  /** Others got their answers meanwhile: many callbacks of one call meet, or an older one is in the way. Redis is there. */
  function isBusy(error: unknown): boolean {
    return error instanceof RedisSilentError && clock.heardWithin(patienceMs);
  }

  function stored(tenant: string, kind: CallbackKind, told: ToldCallback, startedMs: number): Ingested {
    noteTold({ events, recorder }, { tenant, kind, told, startedMs });
    return { callId: told.callId, outcome: told.outcome };
  }

  /** An attempt that takes longer than anybody waits may still work. */
  function settleLater(entry: JournalEntry, told: Promise<ToldCallback> | undefined): void {
    const attempt = told?.then(({ event }) => journal.settle(entry, event));
    replay.tell(entry, attempt);
  }
}

function toRecord(
  tenant: string,
  callback: Callback,
  receivedAtMs: number,
  signed: SignedMessage | undefined,
): JournalRecord {
  return {
    id: randomUUID(),
    tenant,
    callback,
    receivedAtMs,
    wallMs: Date.now(),
    callId: newCallId(receivedAtMs),
    ...(signed === undefined ? {} : { signed }),
  };
}

async function withinPatience(told: Promise<ToldCallback>, patienceMs: number): Promise<Attempt> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<Attempt>((resolve) => {
    timer = setTimeout(
      () => resolve({ kind: 'failed', error: new RedisSilentError('no answer in time') }),
      patienceMs,
    );
  });
  const attempt = told.then(
    (done): Attempt => ({ kind: 'told', told: done }),
    (error: unknown): Attempt => ({ kind: 'failed', error }),
  );
  const first = await Promise.race([attempt, silence]);
  clearTimeout(timer);
  return first;
}
