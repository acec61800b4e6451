import type { AddressesSkipped } from '@ramal/outbound';
import type { Logger, Metrics } from '@ramal/runtime';

interface DialFields {
  tenant: string;
  intentId: string;
  callId: string;
}

/** What happens to dials: one function an event. No number, address or credential is ever logged (I8). */
export interface Events {
  attempted(fields: DialFields & { attempt: number }): void;
  unsent(fields: DialFields & { attempt: number; why: string; retryInMs: number | null }): void;
  requestSent(fields: DialFields & { method: string; prefix: string }): void;
  finished(
    fields: DialFields & { outcome: string; reason?: string; status?: number; latencyMs?: number },
  ): void;
  /** Addresses of a CTI that may not be asked, for the operator alone (threat 2). */
  addressDenied(fields: AddressesSkipped & Partial<DialFields>): void;
  /** The circuit breaker of a tenant's CTI. */
  breakerMoved(fields: { tenant: string; move: 'opened' | 'closed' }): void;
  /** A secret of the company or the user does not open. The field's name alone is told. */
  secretUnreadable(fields: DialFields & { field: string; why: string }): void;
  skipped(fields: { tenant: string; intentId: string; why: string }): void;
  backgroundFailed(what: string, error: unknown): void;
}

const BUCKETS_SEC = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10];

export function createEvents(logger: Logger, metrics: Metrics): Events {
  const attempts = metrics.counter('ramal_dialer_attempts_total', 'Attempts begun');
  const unsent = metrics.counter(
    'ramal_dialer_unsent_total',
    'Attempts that placed nothing, or after which the CTI may be asked again',
    ['why'],
  );
  const outcomes = metrics.counter('ramal_dialer_outcomes_total', 'Final outcomes of dials', [
    'outcome',
    'reason',
  ]);
  const denied = metrics.counter(
    'ramal_dialer_addresses_denied_total',
    'Addresses of CTIs that were not asked because OUTBOUND_ALLOW does not have them, by what they are',
    ['kind'],
  );
  const breakers = metrics.counter('ramal_dialer_breaker_moves_total', 'Circuit breakers of CTIs', ['move']);
  const latency = metrics.histogram(
    'ramal_dialer_cti_seconds',
    "Time from the request's first byte to the CTI's answer",
    BUCKETS_SEC,
  );
  const unreadable = metrics.counter(
    'ramal_dialer_secrets_unreadable_total',
    'Dials that failed because a secret in the database does not open',
  );
  const failures = metrics.counter('ramal_dialer_failures_total', 'Background work that failed and goes on', [
    'what',
  ]);
  return {
    attempted(fields) {
      attempts.inc();
      logger.debug(fields, 'dial attempted');
    },
    unsent(fields) {
      unsent.inc({ why: fields.why });
      logger.warn(fields, 'dial not sent');
    },
    requestSent: (fields) => logger.debug(fields, 'originate sent'),
    finished(fields) {
      outcomes.inc({ outcome: fields.outcome, reason: fields.reason ?? 'none' });
      if (fields.latencyMs !== undefined) latency.observe(fields.latencyMs / 1000);
      logger.info(fields, 'dial finished');
    },
    addressDenied(fields) {
      for (const { kind } of fields.denied) denied.inc({ kind });
      logger.warn(fields, 'address denied: OUTBOUND_ALLOW does not have it');
    },
    breakerMoved(fields) {
      breakers.inc({ move: fields.move });
      logger.warn(fields, 'circuit breaker moved');
    },
    secretUnreadable(fields) {
      unreadable.inc();
      logger.error(fields, 'a secret in the database does not open');
    },
    skipped: (fields) => logger.info(fields, 'dial skipped'),
    backgroundFailed(what, error) {
      failures.inc({ what });
      logger.warn({ what, error }, 'background work failed');
    },
  };
}
