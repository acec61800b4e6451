import { CLOSE } from '../wire.ts';
import type { ConnectionState } from './connection-table.ts';

/** Where the connection stands, as a page shows it. */
export type StatusState = 'connecting' | 'connected' | 'disconnected' | 'failed';

/**
 * - of `disconnected`: `lost` (the network), `silent` (no answer to a ping), `restarting`, `try_later`, `rate_limited`,
 *   `superseded`, `token_expired`, `protocol_error`, `token_missing` (getToken threw), `timeout` (no `ready` in time),
 *   `frozen` (the browser put the page to sleep), `logged_out` and `closed` (for good), `not_started`;
 * - of `failed`, for good: `auth_failed`, `tenant_disabled`, `token_denied`, `agent_changed`.
 */
export type StatusReason =
  | 'lost'
  | 'silent'
  | 'restarting'
  | 'try_later'
  | 'rate_limited'
  | 'superseded'
  | 'token_expired'
  | 'protocol_error'
  | 'token_missing'
  | 'timeout'
  | 'frozen'
  | 'logged_out'
  | 'closed'
  | 'not_started'
  | 'auth_failed'
  | 'tenant_disabled'
  | 'token_denied'
  | 'agent_changed';

export interface LinkStatus {
  state: StatusState;
  /** Why it is not connected; null while it is, and while it connects for the first time. */
  reason: StatusReason | null;
}

interface Meaning {
  reason: StatusReason;
  /** Whether a client may come back by itself. */
  reconnect: boolean;
}

const REASONS: Record<keyof typeof CLOSE, StatusReason> = {
  normal: 'logged_out',
  restart: 'restarting',
  tryLater: 'try_later',
  authTimeout: 'timeout',
  authFailed: 'auth_failed',
  tokenExpired: 'token_expired',
  protocolError: 'protocol_error',
  rateLimited: 'rate_limited',
  superseded: 'superseded',
  tenantDisabled: 'tenant_disabled',
};

const MEANINGS = new Map<number, Meaning>(
  Object.entries(CLOSE).map(([kind, { code, reconnect }]) => [
    code,
    { reason: REASONS[kind as keyof typeof CLOSE], reconnect },
  ]),
);

/** What a close code means. Any that is not the gateway's is the network, 1006 above all. */
export function toCloseMeaning(code: number): Meaning {
  return MEANINGS.get(code) ?? { reason: 'lost', reconnect: true };
}

/** What a page shows of where the connection stands. */
export function toStatus(state: ConnectionState, reason: StatusReason | null): LinkStatus {
  switch (state) {
    case 'connected':
    case 'draining':
      return { state: 'connected', reason: null };
    case 'token':
    case 'opening':
    case 'greeting':
      return { state: 'connecting', reason };
    case 'waiting':
    case 'idle':
      return { state: 'disconnected', reason };
    case 'failed':
      return { state: reason === 'logged_out' ? 'disconnected' : 'failed', reason };
  }
}

/** Nobody comes back by itself from these. */
export function isOver({ state, reason }: LinkStatus): boolean {
  return state === 'failed' || (state === 'disconnected' && reason === 'logged_out');
}
