import type { Logger, Metrics } from '@ramal/runtime';
import type { HandshakeRefusal } from './uws-server.ts';

/** What happens in the gateway that people who run it want to know: one function an event. */
export interface Events {
  connected(): void;
  disconnected(code: number): void;
  authenticated(fields: { tenant: string; user: string; resume: string }): void;
  authFailed(): void;
  /** So many sockets were closed because their agents' access was revoked. */
  accessRevoked(sockets: number): void;
  /** A tenant's identity provider does not tell its keys; those known last stand. */
  providerFailed(fields: { host: string; error: unknown }): void;
  dialRequested(fields: { tenant: string; user: string; callId: string; repeated: boolean }): void;
  dialRefused(fields: { tenant: string; user: string; code: string }): void;
  /** It may not be dialled, and is recorded so (threat 1). */
  dialDenied(fields: { tenant: string; user: string; callId: string; reason: string }): void;
  /** The company's CTI is not asked for the moment, so the dial was recorded with its end. */
  dialUnavailable(fields: { tenant: string; user: string; callId: string }): void;
  frameRefused(code: string): void;
  /** A handshake made no socket. */
  handshakeRefused(reason: HandshakeRefusal): void;
  /** A socket was closed because of a limit (threat 9). */
  limited(limit: SocketLimit): void;
  /** Any page of any origin may try to connect (threat 8). */
  originsOpen(): void;
  delivered(count: number): void;
  gapHealed(fields: { tenant: string; user: string; entries: number }): void;
  /** Nothing is heard of Redis any more: agents are told, and dials fail. */
  redisSilent(): void;
  /** Redis is heard again, and all agents are up to date. */
  redisMended(fields: { cutOffMs: number; agents: number }): void;
  intentOverdue(fields: { tenant: string; intentId: string; verdict: string }): void;
  requestFailed(error: unknown): void;
  backgroundFailed(what: string, error: unknown): void;
}

/** What a socket may be closed for; docs/limits.md has the settings. */
type SocketLimit = 'frames' | 'bytes' | 'queue' | 'silence' | 'sockets_per_tenant';

export function createEvents(logger: Logger, metrics: Metrics): Events {
  const connections = metrics.counter('ramal_gateway_connections_total', 'Sockets that were opened');
  const closes = metrics.counter('ramal_gateway_closes_total', 'Sockets that were closed', ['code']);
  const auths = metrics.counter('ramal_gateway_auth_total', 'Outcomes of auth', ['outcome']);
  const revoked = metrics.counter(
    'ramal_gateway_access_revoked_total',
    'Sockets closed because access was revoked',
  );
  const dials = metrics.counter('ramal_gateway_dials_total', 'Outcomes of dial frames', ['outcome']);
  const denials = metrics.counter('ramal_dials_refused_total', 'Dials that policy or limits refused', [
    'reason',
  ]);
  const errors = metrics.counter('ramal_gateway_errors_total', 'Error frames sent', ['code']);
  const handshakes = metrics.counter(
    'ramal_gateway_handshakes_refused_total',
    'Handshakes that made no socket',
    ['reason'],
  );
  const limits = metrics.counter('ramal_gateway_limited_total', 'Sockets closed because of a limit', [
    'limit',
  ]);
  const frames = metrics.counter('ramal_gateway_events_sent_total', 'Inbox events sent to sockets');
  const gaps = metrics.counter(
    'ramal_gateway_gaps_healed_total',
    'Times an inbox was read again because of a gap',
  );
  const overdue = metrics.counter(
    'ramal_gateway_overdue_intents_total',
    'Dial intents settled by the watchdog',
    ['verdict'],
  );
  const silences = metrics.counter(
    'ramal_gateway_interruptions_total',
    'Times the gateway was cut off from Redis',
  );
  const failures = metrics.counter(
    'ramal_gateway_failures_total',
    'Background work that failed and goes on',
    ['what'],
  );
  return {
    connected: () => connections.inc(),
    disconnected: (code) => closes.inc({ code: String(code) }),
    authenticated(fields) {
      auths.inc({ outcome: fields.resume });
      logger.debug(fields, 'agent authenticated');
    },
    authFailed: () => auths.inc({ outcome: 'failed' }),
    accessRevoked(sockets) {
      revoked.inc({}, sockets);
      logger.info({ sockets }, 'sockets closed: access was revoked');
    },
    providerFailed: (fields) => logger.warn(fields, 'an identity provider does not tell its keys'),
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
    frameRefused: (code) => errors.inc({ code }),
    handshakeRefused: (reason) => handshakes.inc({ reason }),
    limited: (limit) => limits.inc({ limit }),
    originsOpen: () =>
      logger.warn(
        {},
        'GATEWAY_ALLOWED_ORIGINS is *: pages of any origin may connect; name those of your CRM',
      ),
    delivered: (count) => frames.inc(count),
    gapHealed(fields) {
      gaps.inc();
      logger.debug(fields, 'inbox gap healed');
    },
    redisSilent() {
      silences.inc();
      logger.warn({}, 'cut off from redis: nothing is heard any more');
    },
    redisMended: (fields) => logger.info(fields, 'redis is heard again and all agents are up to date'),
    intentOverdue(fields) {
      overdue.inc({ verdict: fields.verdict });
      logger.warn(fields, 'dial intent overdue');
    },
    requestFailed: (error) => logger.error({ error }, 'request failed'),
    backgroundFailed(what, error) {
      failures.inc({ what });
      logger.warn({ what, error }, 'background work failed');
    },
  };
}
