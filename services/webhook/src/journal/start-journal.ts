import type { TraceRecorder, WebhookIds } from '@ramal/bus';
import type { HealthCheck, Logger, Metrics } from '@ramal/runtime';
import type { Events } from '../events.ts';
import type { CallbackIngest } from '../ingest-callback.ts';
import type { CallbackTeller } from '../tell-callback.ts';
import { createJournal, type JournalEntry } from './journal.ts';
import { createJournalEvents } from './journal-events.ts';
import { DISK, type JournalFs } from './journal-fs.ts';
import { createJournalSeal } from './journal-seal.ts';
import { createJournaledIngest } from './journaled-ingest.ts';
import { createPatientWebhookIds } from './patient-webhook-ids.ts';
import type { RedisClock } from './redis-clock.ts';
import { type RedisWatchOptions, startRedisWatch } from './redis-watch.ts';
import { createReplay } from './replay.ts';
import type { LateTeller } from './tell-redis.ts';

/** The webhook's two ways to keep a callback, Redis and the disk, wired (I3). */
export interface RunningJournal {
  ingest: CallbackIngest;
  webhookIds: WebhookIds;
  /** Makes progress with what Redis was not told of, if it can. */
  live: HealthCheck;
  /** One of the two takes callbacks. */
  ready: HealthCheck;
  stop(): Promise<void>;
}

export interface StartJournalOptions
  extends Pick<RedisWatchOptions, 'isConnected' | 'readIdentity' | 'onConnectionLost'> {
  folder: string;
  maxBytes: number;
  masterKeys: readonly Buffer[] | null;
  fs?: JournalFs;
  clock: RedisClock;
  tellCallback: CallbackTeller;
  /** How long a callback waits for Redis, ms. */
  redisPatienceMs?: number;
  webhookIds: WebhookIds;
  late(webhookIds: WebhookIds): LateTeller;
  /** Puts a record away that can never be told. */
  bury(letter: { id: string; tenant: string; payload: string; error: unknown }): Promise<void>;
  events: Events;
  recorder: TraceRecorder;
  logger: Logger;
  metrics: Metrics;
}

/** Redis may have lost what it was told in this time: asynchronous replication is never further behind. */
const KEEP_MS = 120_000;
/** By then the segment of a record that Redis was told of is gone: what was not made sure of never will be. */
const FORGET_MS = 1.5 * KEEP_MS;
/** How long a callback waits for Redis, and for the disk. */
const REDIS_PATIENCE_MS = 800;
const DISK_PATIENCE_MS = 1_000;
/** What a primary that dies may not have told its replica, or its disk, is no older than this. */
const TAIL_MS = 5_000;
/** How long after this one other webhooks may find out that another Redis answers, and bring back what they told the old one. */
const OTHERS_MS = 1_000;
/** How long a stop tells Redis of what it was not told of yet. */
const LAST_TOLD_WITHIN_MS = 3_000;
const TIDY_EVERY_MS = 2_000;
/** Work that is there and does not move for so long: a restart is the cure. */
const STUCK_MS = 60_000;

/** Answers callbacks from the first moment on, whether the disk and Redis are there or not. */
export async function startJournal(options: StartJournalOptions): Promise<RunningJournal> {
  const { clock, tellCallback, logger, metrics, recorder, redisPatienceMs = REDIS_PATIENCE_MS } = options;
  const journalEvents = createJournalEvents(logger, metrics, {
    pending: () => replay.pending().count,
    oldestMs: () => performance.now() - (replay.pending().oldestMs ?? performance.now()),
    bytes: () => journal.bytes(),
  });
  const journal = createJournal({
    folder: options.folder,
    fs: options.fs ?? DISK,
    seal: createJournalSeal(options.masterKeys),
    keepMs: KEEP_MS,
    maxBytes: options.maxBytes,
    patienceMs: DISK_PATIENCE_MS,
    onSynced: journalEvents.synced,
    onWritten: journalEvents.written,
    onFailed: (error) => journalEvents.degraded('journal', error),
  });
  const isRedisUp = () => watch.state() === 'up';
  const webhookIds = createPatientWebhookIds({
    ids: options.webhookIds,
    isRedisUp,
    onRedisFailed: (error) => watch.failed(error),
    nowMs: clock.nowMs,
    patienceMs: redisPatienceMs,
  });
  const late = options.late(options.webhookIds);

  const work = async (entry: JournalEntry, kind: 'tell' | 'restore') => {
    const { record, event } = await journal.read(entry);
    if (kind === 'tell') {
      const told = await late.tell(record);
      journal.settle(entry, told.event);
      journalEvents.replayed(told.outcome);
    } else if (event !== null) {
      journalEvents.replayed((await late.restore(record, event)) ? 'restored' : 'known');
    }
  };
  const replay = createReplay({
    state: () => watch.state(),
    work,
    async bury(entry, kind, error) {
      if (kind === 'tell') {
        const { id, tenant } = entry;
        const payload = await journal.read(entry).then(
          ({ record }) => JSON.stringify(record),
          () => '{}',
        );
        await options.bury({ id, tenant, payload, error });
        journal.settle(entry, null);
      }
      journalEvents.buried({ tenant: entry.tenant, error });
    },
    onWorked: () => watch.worked(),
    onAway: (error) => watch.failed(error),
  });
  let lostAtMs = performance.now();
  const watch = startRedisWatch({
    isConnected: options.isConnected,
    readIdentity: options.readIdentity,
    onConnectionLost: options.onConnectionLost,
    hasTrial: () => replay.canTry(),
    onReplaced() {
      const recent = journal.recent();
      journalEvents.redisReplaced({ records: recent.length });
      replay.hold(OTHERS_MS);
      for (const entry of recent) replay.restore(entry, entry.sinceMs >= lostAtMs - TAIL_MS);
    },
    onDown(error) {
      lostAtMs = performance.now();
      journalEvents.degraded('redis', error);
    },
    onUp: () => journalEvents.recovered('redis'),
    onReady: () => replay.wake(),
  });

  const takeOver = async () => {
    const found = await journal.open();
    for (const entry of found.entries) {
      if (entry.told) replay.restore(entry);
      else replay.tell(entry);
    }
    const pending = found.entries.filter(({ told }) => !told).length;
    const { damaged, unreadable } = found;
    journalEvents.tookOver({ records: found.entries.length, pending, damaged, unreadable });
  };
  const keepHouse = async () => {
    try {
      await takeOver();
      await journal.tidy();
      const forgotten = replay.forget(performance.now() - FORGET_MS);
      if (forgotten > 0) journalEvents.forgotten(forgotten);
      // Without callbacks nobody else would find out that the disk is back.
      if (journalEvents.isDegraded('journal')) {
        await journal.probe();
        journalEvents.recovered('journal');
      }
    } catch (error) {
      journalEvents.housekeepingFailed(error);
    }
  };
  await takeOver().catch((error: unknown) => journalEvents.degraded('journal', error));
  let house = Promise.resolve();
  const timer = setInterval(() => {
    house = house.then(keepHouse);
  }, TIDY_EVERY_MS);

  return {
    ingest: createJournaledIngest({
      journal,
      replay,
      watch,
      clock,
      tellCallback,
      events: options.events,
      recorder,
      patienceMs: redisPatienceMs,
      onJournalFailed: (error) => journalEvents.degraded('journal', error),
      onJournalWorked: () => journalEvents.recovered('journal'),
    }),
    webhookIds,
    live: {
      name: 'replay',
      check: () =>
        performance.now() - replay.progressMs() > STUCK_MS
          ? 'callbacks wait and none is told to Redis'
          : null,
    },
    ready: {
      name: 'journal',
      check: () =>
        isRedisUp() || !journalEvents.isDegraded('journal')
          ? null
          : 'neither redis nor the disk takes callbacks',
    },
    async stop() {
      clearInterval(timer);
      await house;
      // The next process would find it, and tell it seconds later: pop-ups would be over by then.
      await replay.stop(LAST_TOLD_WITHIN_MS);
      watch.stop();
      await journal.close();
    },
  };
}
