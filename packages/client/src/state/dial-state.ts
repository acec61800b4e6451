import type { DialReason, ServerEvents } from '../wire.ts';

/** `asked`: on its way, nobody has acknowledged it. The last five are final. */
export type DialState =
  | 'asked'
  | 'queued'
  | 'requesting'
  | 'accepted'
  | 'failed'
  | 'expired'
  | 'uncertain'
  | 'canceled';

/** Why, beside what the gateway says: the final step was lost with other events, or the client was closed before it came. */
export type DialOutcomeReason = DialReason | 'events_lost' | 'client_closed';

export interface DialStatus {
  intentId: string;
  /** Null as long as nobody has acknowledged the dial. */
  callId: string | null;
  state: DialState;
  reason: DialOutcomeReason | null;
}

export type DialOp = Extract<keyof ServerEvents, `dial.${string}`>;

const STATES: Record<DialOp, DialState> = {
  'dial.queued': 'queued',
  'dial.requesting': 'requesting',
  'dial.accepted': 'accepted',
  'dial.failed': 'failed',
  'dial.expired': 'expired',
  'dial.uncertain': 'uncertain',
};

export function toDialState(op: DialOp, reason: DialReason | undefined): DialState {
  return reason === 'canceled_by_agent' ? 'canceled' : STATES[op];
}

const ORDER: readonly DialState[] = ['asked', 'queued', 'requesting'];

/** Whether a dial is over: it never changes again. */
export function isFinal(state: DialState): boolean {
  return !ORDER.includes(state);
}

/** Whether `next` tells more than `state`; `requesting` may come again, for each new request. */
export function isNews(state: DialState, next: DialState): boolean {
  if (isFinal(state)) return false;
  return isFinal(next) || ORDER.indexOf(next) >= ORDER.indexOf(state);
}
