import type { Logger, Metrics } from '@ramal/runtime';

/** What happens to callbacks: one function an event. Values of variables are never logged, only their names. */
export interface Events {
  received(fields: {
    tenant: string;
    kind: string;
    callId: string;
    outcome: 'stored' | 'duplicate';
    matchedBy?: string;
    ms: number;
  }): void;
  unknownVariables(fields: { tenant: string; kind: string; names: string[]; unknownStatus?: string }): void;
  /** A request to `/wconnect/*` was answered (R38-R40). */
  wconnectAnswered(fields: { tenant: string; operation: string; transport: 'http' | 'soap' }): void;
  refused(fields: { code: string; route: string }): void;
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
      logger.info({ ...fields, ms: Math.round(ms * 10) / 10 }, 'callback stored');
    },
    unknownVariables: (fields) => logger.info(fields, 'callback holds more than its tenant has configured'),
    wconnectAnswered({ operation, transport }) {
      wconnect.inc({ operation, transport });
    },
    refused(fields) {
      refusals.inc({ code: fields.code });
      logger.warn(fields, 'callback refused');
    },
    conflictRetried: () => conflicts.inc(),
    requestFailed: (error) => logger.error({ error }, 'callback failed'),
    backgroundFailed(what, error) {
      failures.inc({ what });
      logger.warn({ what, error }, 'background work failed');
    },
  };
}
