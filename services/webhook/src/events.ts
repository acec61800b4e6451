import type { Logger, Metrics } from '@ramal/runtime';
import type { RefusalReason } from './callback-guard.ts';
import { toLoggableText } from './loggable-text.ts';
import type { LaneLimit } from './tenant-lanes.ts';
import { createTokenBuckets } from './token-buckets.ts';

/** `unknown_tokens`: refused by what is in memory, without a look into the database. */
type ShedLimit =
  | LaneLimit
  | 'address_rate'
  | 'connections'
  | 'address_connections'
  | 'unknown_tokens'
  | 'passwords';

/** Refusals that are logged in a second, so that a flood does not fill the disk; the metrics count all. */
const REFUSALS_LOGGED_PER_SEC = 50;
const SHED_LOGGED_PER_SEC = 0.2;

/** What happens to callbacks: one function an event. Values of variables are never logged, only their names. */
export interface Events {
  received(fields: {
    tenant: string;
    kind: string;
    callId: string | null;
    outcome: 'stored' | 'duplicate' | 'journaled';
    matchedBy?: string;
    ms: number;
  }): void;
  unknownVariables(fields: { tenant: string; kind: string; names: string[]; unknownStatus?: string }): void;
  /** A request to `/wconnect/*` was answered (R38-R40). */
  wconnectAnswered(fields: { tenant: string; operation: string; transport: 'http' | 'soap' }): void;
  refused(fields: { code: string; route: string }): void;
  /** A caller with a good token lacked what its tenant asks for beside it (threat 5). */
  callerRefused(fields: { tenant: string; reason: RefusalReason }): void;
  /** Work that was put off or left undone because somebody asks for too much (threat 9). */
  shed(limit: ShedLimit): void;
  conflictRetried(): void;
  requestFailed(error: unknown): void;
  backgroundFailed(what: string, error: unknown): void;
}

const BUCKETS_SEC = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function createEvents(logger: Logger, metrics: Metrics): Events {
  const callbacks = metrics.counter('ramal_webhook_callbacks_total', 'Callbacks answered 2xx', [
    'kind',
    'outcome',
    'matched_by',
  ]);
  const seconds = metrics.histogram(
    'ramal_webhook_callback_seconds',
    'Time to store a callback',
    BUCKETS_SEC,
    ['kind'],
  );
  const wconnect = metrics.counter('ramal_webhook_wconnect_total', 'Requests to /wconnect/* answered', [
    'operation',
    'transport',
  ]);
  const refusals = metrics.counter('ramal_webhook_refused_total', 'Callbacks not answered 2xx', ['code']);
  const callers = metrics.counter(
    'ramal_webhook_callers_refused_total',
    'Callers with a good token who lacked what their company asks for beside it',
    ['reason'],
  );
  const sheds = metrics.counter(
    'ramal_webhook_shed_total',
    'Requests, connections and look-ups put off or left undone at a limit',
    ['limit'],
  );
  const now = () => performance.now();
  const refusalLog = createTokenBuckets({
    perSec: REFUSALS_LOGGED_PER_SEC,
    burst: REFUSALS_LOGGED_PER_SEC,
    maxKeys: 1,
    now,
  });
  const shedLog = createTokenBuckets({ perSec: SHED_LOGGED_PER_SEC, burst: 1, maxKeys: 10, now });
  const conflicts = metrics.counter(
    'ramal_webhook_conflicts_total',
    'Callbacks planned again because their call had changed',
  );
  const failures = metrics.counter(
    'ramal_webhook_failures_total',
    'Background work that failed and goes on',
    ['what'],
  );
  return {
    received({ ms, ...fields }) {
      const { kind, outcome, matchedBy = 'none' } = fields;
      callbacks.inc({ kind, outcome, matched_by: matchedBy });
      seconds.observe({ kind }, ms / 1000);
      const said = outcome === 'journaled' ? 'callback journaled' : 'callback stored';
      logger.info({ ...fields, ms: Math.round(ms * 10) / 10 }, said);
    },
    unknownVariables({ names, unknownStatus, ...fields }) {
      const status = unknownStatus === undefined ? {} : { unknownStatus: toLoggableText(unknownStatus) };
      const shown = { ...fields, names: names.map(toLoggableText), ...status };
      logger.info(shown, 'callback holds more than its tenant has configured');
    },
    wconnectAnswered({ operation, transport }) {
      wconnect.inc({ operation, transport });
    },
    refused(fields) {
      refusals.inc({ code: fields.code });
      if (refusalLog.take('all')) logger.warn(fields, 'callback refused');
    },
    callerRefused(fields) {
      callers.inc({ reason: fields.reason });
      if (refusalLog.take('all')) logger.warn(fields, 'caller refused');
    },
    shed(limit) {
      sheds.inc({ limit });
      if (shedLog.take(limit)) logger.warn({ limit }, 'too much is asked: some of it is put off');
    },
    conflictRetried: () => conflicts.inc(),
    requestFailed: (error) => logger.error({ error }, 'callback failed'),
    backgroundFailed(what, error) {
      failures.inc({ what });
      logger.warn({ what, error }, 'background work failed');
    },
  };
}
