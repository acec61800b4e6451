/**
 * Where a connection stands:
 * `idle` nobody wants it; `token` asks the page for a token; `opening` and `greeting` up to `ready`; `connected`;
 * `draining` connected to a process that stops; `waiting` for the next attempt; `failed` for good.
 */
export type ConnectionState =
  | 'idle'
  | 'token'
  | 'opening'
  | 'greeting'
  | 'connected'
  | 'draining'
  | 'waiting'
  | 'failed';

export type ConnectionEvent =
  | 'start'
  | 'token_came'
  /** None for now. */
  | 'token_missing'
  /** None for this person, or somebody else's. */
  | 'token_denied'
  | 'opened'
  | 'ready'
  /** Closed in a way that a return may mend. */
  | 'lost'
  /** Closed with a code after which nobody comes back. */
  | 'refused'
  | 'draining'
  /** The page woke up, or the network is back. */
  | 'hurry'
  /** The time to try, or to move, has come. */
  | 'due'
  /** What was waited for did not come in time. */
  | 'overdue'
  | 'stop';

export type ConnectionEffect =
  | 'askToken'
  | 'openSocket'
  | 'greet'
  | 'settle'
  | 'probe'
  | 'scheduleRetry'
  | 'scheduleMove'
  | 'dropSocket';

export interface ConnectionStep {
  to: ConnectionState;
  effects: readonly ConnectionEffect[];
}

const go = (to: ConnectionState, ...effects: ConnectionEffect[]): ConnectionStep => ({ to, effects });
/** Comes too late, or says nothing new. */
const stay = null;

const TABLE: Record<ConnectionState, Record<ConnectionEvent, ConnectionStep | null>> = {
  idle: {
    start: go('token', 'askToken'),
    token_came: stay,
    token_missing: stay,
    token_denied: stay,
    opened: stay,
    ready: stay,
    lost: stay,
    refused: stay,
    draining: stay,
    hurry: stay,
    due: stay,
    overdue: stay,
    stop: stay,
  },
  token: {
    start: stay,
    token_came: go('opening', 'openSocket'),
    token_missing: go('waiting', 'scheduleRetry'),
    token_denied: go('failed'),
    opened: stay,
    ready: stay,
    lost: stay,
    refused: stay,
    draining: stay,
    hurry: stay,
    due: stay,
    overdue: go('waiting', 'scheduleRetry'),
    stop: go('idle'),
  },
  opening: {
    start: stay,
    token_came: stay,
    token_missing: stay,
    token_denied: stay,
    opened: go('greeting', 'greet'),
    ready: stay,
    lost: go('waiting', 'scheduleRetry'),
    refused: go('failed'),
    draining: stay,
    hurry: stay,
    due: stay,
    overdue: go('waiting', 'dropSocket', 'scheduleRetry'),
    stop: go('idle', 'dropSocket'),
  },
  greeting: {
    start: stay,
    token_came: stay,
    token_missing: stay,
    token_denied: stay,
    opened: stay,
    ready: go('connected', 'settle'),
    lost: go('waiting', 'scheduleRetry'),
    refused: go('failed'),
    draining: stay,
    hurry: stay,
    due: stay,
    overdue: go('waiting', 'dropSocket', 'scheduleRetry'),
    stop: go('idle', 'dropSocket'),
  },
  connected: {
    start: stay,
    token_came: stay,
    token_missing: stay,
    token_denied: go('failed', 'dropSocket'),
    opened: stay,
    ready: stay,
    lost: go('waiting', 'scheduleRetry'),
    refused: go('failed'),
    draining: go('draining', 'scheduleMove'),
    hurry: go('connected', 'probe'),
    due: stay,
    overdue: go('waiting', 'dropSocket', 'scheduleRetry'),
    stop: go('idle', 'dropSocket'),
  },
  draining: {
    start: stay,
    token_came: stay,
    token_missing: stay,
    token_denied: go('failed', 'dropSocket'),
    opened: stay,
    ready: stay,
    // The server has spread its farewells already: no pause on top of that.
    lost: go('token', 'askToken'),
    refused: go('failed'),
    draining: stay,
    hurry: stay,
    due: go('token', 'dropSocket', 'askToken'),
    overdue: go('waiting', 'dropSocket', 'scheduleRetry'),
    stop: go('idle', 'dropSocket'),
  },
  waiting: {
    start: stay,
    token_came: stay,
    token_missing: stay,
    token_denied: stay,
    opened: stay,
    ready: stay,
    lost: stay,
    refused: stay,
    draining: stay,
    hurry: go('token', 'askToken'),
    due: go('token', 'askToken'),
    overdue: stay,
    stop: go('idle'),
  },
  failed: {
    // A person asked for it.
    start: go('token', 'askToken'),
    token_came: stay,
    token_missing: stay,
    token_denied: stay,
    opened: stay,
    ready: stay,
    lost: stay,
    refused: stay,
    draining: stay,
    hurry: stay,
    due: stay,
    overdue: stay,
    stop: go('idle'),
  },
};

/** What an event means where the connection stands; null when nothing. */
export function toStep(state: ConnectionState, event: ConnectionEvent): ConnectionStep | null {
  return TABLE[state][event];
}
