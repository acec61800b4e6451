import type { Logger, Metrics } from '@ramal/runtime';
import type { RequestLimit } from './request-limits.ts';

/** What happens in the api that people who run it want to know: one function an event. */
export interface Events {
  requestAnswered(fields: RequestFields): void;
  requestFailed(fields: { requestId: string; method: string; route: string; error: unknown }): void;
  authRefused(): void;
  /** A request was refused because of a limit (threat 9). */
  limited(limit: RequestLimit): void;
  sessionIssued(fields: { tenant: string; user: string; by: string }): void;
  dialRequested(fields: {
    tenant: string;
    user: string;
    callId: string;
    repeated: boolean;
    by: string;
  }): void;
  dialRefused(fields: { tenant?: string; user?: string; code: string }): void;
  /** It may not be dialled, and is recorded so (threat 1). */
  dialDenied(fields: { tenant: string; user: string; callId: string; reason: string; by: string }): void;
  /** The company's CTI is not asked for the moment, so the dial was recorded with its end. */
  dialUnavailable(fields: { tenant: string; user: string; callId: string; by: string }): void;
  personErased(fields: { tenant: string; by: string; status: string; calls: number }): void;
  personExported(fields: { tenant: string; by: string; calls: number }): void;
  trailRead(fields: { tenant: string; callId: string; by: string }): void;
  numberRevealed(fields: { tenant: string; callId: string; by: string }): void;
  /** A tenant's identity provider does not tell its keys; those known last stand. */
  providerFailed(fields: { host: string; error: unknown }): void;
  sourceSkipped(fields: { source: string; error: unknown }): void;
  idleConnectionLost(error: Error): void;
  demoOpened(): void;
}

interface RequestFields {
  requestId: string;
  method: string;
  /** The route's template: a raw URL may hold a number (I8). */
  route: string;
  status: number;
  ms: number;
}

const BUCKETS_SEC = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Asked for every few seconds by machines, so of no interest one by one. */
const QUIET_ROUTES = new Set(['/healthz', '/readyz', '/metrics']);

export function createEvents(logger: Logger, metrics: Metrics): Events {
  const requests = metrics.histogram('ramal_api_request_seconds', 'Time to answer a request', BUCKETS_SEC, [
    'method',
    'route',
    'status',
  ]);
  const refusals = metrics.counter('ramal_api_auth_refused_total', 'Requests with credentials nobody has');
  const limits = metrics.counter('ramal_api_limited_total', 'Requests refused because of a limit', ['limit']);
  const sessions = metrics.counter('ramal_api_sessions_total', 'Agent tokens issued');
  const dials = metrics.counter('ramal_api_dials_total', 'Outcomes of dial requests', ['outcome']);
  const denials = metrics.counter('ramal_dials_refused_total', 'Dials that policy or limits refused', [
    'reason',
  ]);
  const reveals = metrics.counter('ramal_api_numbers_revealed_total', 'Calls whose numbers were revealed');
  return {
    requestAnswered(fields) {
      const { method, route, status, ms } = fields;
      requests.observe({ method, route, status: String(status) }, ms / 1000);
      logger[QUIET_ROUTES.has(route) ? 'debug' : 'info'](fields, 'request answered');
    },
    requestFailed: (fields) => logger.error(fields, 'request failed'),
    authRefused: () => refusals.inc(),
    limited: (limit) => limits.inc({ limit }),
    sessionIssued(fields) {
      sessions.inc();
      logger.info(fields, 'session issued');
    },
    dialRequested(fields) {
      dials.inc({ outcome: fields.repeated ? 'repeated' : 'recorded' });
      logger.info(fields, 'dial requested');
    },
    dialRefused(fields) {
      dials.inc({ outcome: fields.code });
      if (fields.code === 'rate_limited') denials.inc({ reason: fields.code });
      logger.info(fields, 'dial refused');
    },
    dialDenied(fields) {
      dials.inc({ outcome: 'denied' });
      denials.inc({ reason: fields.reason });
      logger.info(fields, 'dial denied');
    },
    dialUnavailable(fields) {
      dials.inc({ outcome: 'cti_unavailable' });
      logger.info(fields, 'dial not queued: its cti is down');
    },
    personErased: (fields) => logger.warn(fields, 'person erased'),
    personExported: (fields) => logger.warn(fields, 'person exported'),
    trailRead: (fields) => logger.info(fields, 'call trail read'),
    numberRevealed(fields) {
      reveals.inc();
      logger.info(fields, 'number revealed');
    },
    providerFailed: (fields) => logger.warn(fields, 'an identity provider does not tell its keys'),
    sourceSkipped: (fields) => logger.warn(fields, 'call read without one of its sources'),
    idleConnectionLost: (error) => logger.warn({ error }, 'idle PostgreSQL connection lost'),
    demoOpened: () => logger.warn({}, 'API_DEMO is on: whoever reaches this port may act as any agent'),
  };
}
