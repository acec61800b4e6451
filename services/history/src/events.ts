import type { Logger, Metrics } from '@ramal/runtime';

/** What happens to the event stream: one function an event. */
export interface Events {
  stored(fields: { partition: number; entries: number; events: number; calls: number; ms: number }): void;
  deadLettered(fields: { partition: number; streamId: string; reason: string }): void;
  /** The database can't take traces as it stands: they are lost, the events they came with are stored. */
  tracesDropped(fields: { partition: number; traces: number }): void;
  /** Words on calls that their tenant's retention has removed: they are not stored. */
  expired(fields: { partition: number; entries: number }): void;
  reclaimed(fields: { partition: number; entries: number }): void;
  groupRecreated(fields: { partition: number; afterId: string }): void;
  partitionsMade(months: number): void;
  /** A call was closed for want of an end; `history`: Redis had forgotten it. */
  callReaped(fields: { tenant: string; callId: string; from: 'redis' | 'history' }): void;
  /** What retention removed of one database in one run. */
  retentionDone(fields: {
    ownDatabaseOf: string | null;
    monthsDropped: number;
    calls: number;
    events: number;
    traces: number;
    deadLetters: number;
    recordings: number;
  }): void;
  /** Where the chain of the audit log ends: kept in a log elsewhere, it shows that nothing was cut off. */
  auditSealed(fields: { entries: number; seq: number; hash: string }): void;
  retrying(partition: number, error: unknown, inMs: number): void;
  backgroundFailed(what: string, error: unknown): void;
}

const BUCKETS_SEC = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createEvents(logger: Logger, metrics: Metrics): Events {
  const entries = metrics.counter('ramal_history_entries_total', 'Stream entries committed');
  const events = metrics.counter('ramal_history_events_total', 'Events stored for the first time');
  const seconds = metrics.histogram('ramal_history_batch_seconds', 'Time to commit a batch', BUCKETS_SEC);
  const dead = metrics.counter('ramal_history_dead_letters_total', 'Entries that can never be stored', [
    'reason',
  ]);
  const tracesLost = metrics.counter(
    'ramal_history_traces_dropped_total',
    'Steps of the flight recorder that the database could not take',
  );
  const expired = metrics.counter(
    'ramal_history_expired_total',
    'Events and traces of calls that retention has removed',
  );
  const reclaims = metrics.counter('ramal_history_reclaimed_total', 'Entries taken over from a dead worker');
  const reaped = metrics.counter('ramal_history_reaped_total', 'Calls closed because nobody told their end', [
    'from',
  ]);
  const removed = metrics.counter('ramal_history_removed_total', 'What retention removed', ['what']);
  const failures = metrics.counter('ramal_history_failures_total', 'Work that failed and is tried again', [
    'what',
  ]);
  return {
    stored(fields) {
      entries.inc(fields.entries);
      events.inc(fields.events);
      seconds.observe(fields.ms / 1000);
      logger.debug({ ...fields, ms: Math.round(fields.ms) }, 'batch stored');
    },
    deadLettered(fields) {
      dead.inc({ reason: fields.reason });
      logger.error(fields, 'entry dead-lettered');
    },
    tracesDropped(fields) {
      tracesLost.inc(fields.traces);
      logger.warn(fields, 'traces dropped: is the database migrated?');
    },
    expired(fields) {
      expired.inc(fields.entries);
      logger.info(fields, 'too late for calls that retention has removed');
    },
    reclaimed(fields) {
      reclaims.inc(fields.entries);
      logger.warn(fields, 'entries reclaimed from a dead worker');
    },
    groupRecreated: (fields) => logger.warn(fields, 'consumer group made anew'),
    partitionsMade: (months) => logger.debug({ months }, 'monthly tables are there'),
    callReaped(fields) {
      reaped.inc({ from: fields.from });
      logger.info(fields, 'call closed without its end');
    },
    retentionDone(fields) {
      const { ownDatabaseOf: _name, monthsDropped, ...rows } = fields;
      for (const [what, count] of Object.entries(rows)) removed.inc({ what }, count);
      removed.inc({ what: 'months' }, monthsDropped);
      logger.info(fields, 'retention done');
    },
    auditSealed: (fields) => logger.info(fields, 'audit log sealed'),
    retrying(partition, error, inMs) {
      failures.inc({ what: 'batch' });
      logger.warn({ partition, error, inMs }, 'batch not stored, trying again');
    },
    backgroundFailed(what, error) {
      failures.inc({ what });
      logger.warn({ what, error }, 'background work failed');
    },
  };
}
