import type { CallEvent, IntentState } from '@ramal/contracts';
import type { AgentDelivery } from './agent-messages.ts';

/** One extension's calls with one far end. */
export interface Line {
  ramal: string;
  /** See `toPeerKey`. */
  peerKey: string;
}

/** What must still hold of a dial intent when a commit reaches it, and what it becomes (I1, I2). */
export interface IntentChange {
  intentId: string;
  /** Empty means: must not exist yet. */
  from: readonly IntentState[];
  /** The fencing token that must be on it. */
  fence?: string;
  /** Refuse once the deadline has passed, by Redis time. */
  beforeDeadline?: boolean;
  /** Refuse as long as the deadline is not passed by this many ms, by Redis time. */
  afterDeadlineMs?: number;
  set: Readonly<Record<string, string>>;
  /**
   * Of a new intent: whose click on which number it is. A second click within `forMs` is recorded as another name of the
   * first one's intent, unless that one has come to nothing already.
   */
  click?: { user: string; to: string; forMs: number };
  /** Epoch ms at which a watchdog looks at it, or `settled` when there is nothing left to watch. */
  watch?: number | 'settled';
}

/**
 * One atomic step in the life of a call: the event, the call's new content, what agents are told.
 * It is planned on what was read; if that has changed meanwhile the commit is a conflict and is planned anew.
 */
export interface CallCommit {
  tenant: string;
  callId: string;
  /** Repeating a commit with this id changes nothing (a resend after a reconnect). */
  commitId: string;
  /** 0: the call must not exist yet. */
  expectedVersion: number;
  /** The call's whole set of events, the new one last. Only the new one goes to the stream. */
  events: readonly CallEvent[];
  /** How many of the events are new, where it is not the last alone. */
  newEvents?: number;
  ended: boolean;
  /** Under which extension and far end the call is found. */
  lines: readonly Line[];
  /**
   * Set when the call is new: the version of each line when it was read, in the order they were read. Nobody
   * may have added a call to them since.
   */
  expectedLines?: readonly { line: Line; version: number }[];
  /** Becomes the way to find the call; conflicts when it already names another call. */
  externalCallId?: string;
  intent?: IntentChange;
  /** The intent whose doubt this fact ends: the CTI itself speaks of a call that nobody knew to be placed. */
  resolves?: string;
  deliveries: readonly AgentDelivery[];
}
