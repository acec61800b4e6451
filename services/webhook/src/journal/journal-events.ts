import type { Logger, Metrics } from '@ramal/runtime';
import { createTokenBuckets } from '../token-buckets.ts';
import type { LateOutcome } from './tell-redis.ts';

type Degraded = 'redis' | 'journal';

/** What happens around the journal: one function an event; an outage is logged when it begins and when it ends. */
export interface JournalEvents {
  /** Callbacks are answered with one of the two alone from now on. */
  degraded(part: Degraded, error: unknown): void;
  recovered(part: Degraded): void;
  isDegraded(part: Degraded): boolean;
  /** Segments of dead processes were found. */
  tookOver(fields: { records: number; pending: number; damaged: number; unreadable: number }): void;
  redisReplaced(fields: { records: number }): void;
  replayed(outcome: LateOutcome | 'restored' | 'known'): void;
  /** So many records were not made sure of while the disk had them. */
  forgotten(records: number): void;
  buried(fields: { tenant: string; error: unknown }): void;
  written(bytes: number): void;
  synced(ms: number): void;
  housekeepingFailed(error: unknown): void;
}

const BUCKETS_SEC = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

export function createJournalEvents(
  logger: Logger,
  metrics: Metrics,
  read: { pending(): number; oldestMs(): number; bytes(): number },
): JournalEvents {
  const now: Record<Degraded, boolean> = { redis: false, journal: false };
  metrics.gauge('ramal_webhook_journal_pending', 'Callbacks that Redis was not told of yet', read.pending);
  metrics.gauge(
    'ramal_webhook_journal_oldest_seconds',
    'Since when the oldest of them waits',
    () => read.oldestMs() / 1000,
  );
  metrics.gauge('ramal_webhook_journal_bytes', 'Bytes of the journal on the disk', read.bytes);
  metrics.gauge('ramal_webhook_degraded_redis', '1 while callbacks are journaled only', () => +now.redis);
  metrics.gauge('ramal_webhook_degraded_journal', '1 while callbacks are not journaled', () => +now.journal);
  const outages = metrics.counter('ramal_webhook_outages_total', 'Times that one of the two was down', [
    'part',
  ]);
  const bytes = metrics.counter('ramal_webhook_journal_written_bytes_total', 'Bytes written to the journal');
  const syncs = metrics.histogram(
    'ramal_webhook_journal_sync_seconds',
    'Time of one fdatasync, which all who wait share',
    BUCKETS_SEC,
  );
  const replays = metrics.counter(
    'ramal_webhook_replayed_total',
    'Records that Redis was told of later, or again after it was replaced',
    ['outcome'],
  );
  const damages = metrics.counter(
    'ramal_webhook_journal_damaged_total',
    'Torn or flipped stretches of segments, and entries that no key opens',
    ['why'],
  );
  const dead = metrics.counter('ramal_webhook_dead_letters_total', 'Records that can never be told');
  const failures = metrics.counter('ramal_webhook_journal_failures_total', 'Housekeeping that failed');
  const failureLog = createTokenBuckets({
    perSec: 0.1,
    burst: 1,
    maxKeys: 1,
    now: () => performance.now(),
  });
  return {
    degraded(part, error) {
      if (now[part]) return;
      now[part] = true;
      outages.inc({ part });
      const said =
        part === 'redis'
          ? 'redis is away: callbacks are answered from the journal'
          : 'the journal is down: callbacks are answered by redis alone';
      logger.warn({ error }, said);
    },
    recovered(part) {
      if (!now[part]) return;
      now[part] = false;
      logger.info({ pending: read.pending() }, part === 'redis' ? 'redis is back' : 'the journal is back');
    },
    isDegraded: (part) => now[part],
    tookOver(fields) {
      damages.inc({ why: 'damaged' }, fields.damaged);
      damages.inc({ why: 'unreadable' }, fields.unreadable);
      const level = fields.damaged + fields.unreadable > 0 ? 'error' : 'info';
      if (fields.records + fields.damaged + fields.unreadable > 0)
        logger[level](fields, 'journal of a process before was taken over');
    },
    redisReplaced(fields) {
      logger.warn(fields, 'redis was restarted or replaced: the last callbacks are told to it again');
    },
    replayed: (outcome) => replays.inc({ outcome }),
    forgotten(records) {
      replays.inc({ outcome: 'forgotten' }, records);
      logger.warn({ records }, 'no time to make sure that Redis still has what it was told');
    },
    buried(fields) {
      dead.inc();
      logger.error(fields, 'callback dead-lettered');
    },
    written: (count) => bytes.inc(count),
    synced: (ms) => syncs.observe(ms / 1000),
    housekeepingFailed(error) {
      failures.inc();
      if (failureLog.take('all')) logger.warn({ error }, 'housekeeping of the journal failed');
    },
  };
}
