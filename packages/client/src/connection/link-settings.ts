import type { BackoffSettings } from './backoff.ts';

/** Times of a connection, in ms. */
export interface LinkSettings extends BackoffSettings {
  /** Up to `ready`, from the moment the socket is asked for; and for `getToken`. */
  connectTimeoutMs: number;
  /** The longest between two pings; the gateway's own heartbeat if that is shorter. */
  heartbeatMs: number;
  /** A ping unanswered for so long means that nobody is there, whatever the socket believes. */
  pingTimeoutMs: number;
}

export const LINK_DEFAULTS: LinkSettings = {
  firstMs: 500,
  longestMs: 30_000,
  connectTimeoutMs: 10_000,
  heartbeatMs: 25_000,
  pingTimeoutMs: 5_000,
};

/** An answer that takes longer than this is a reason to ask whether anybody is there. */
export const SLOW_ANSWER_MS = 4_000;
/** A connection that stood for so long was a good one: the next attempt is a first one. */
export const GOOD_AFTER_MS = 5_000;
/** Where the gateway asked for less, or another screen took over: not back before this. */
export const HELD_OFF_MS = 5_000;
/** Attempts that a waking page asks for are at least so far apart. */
export const HURRY_APART_MS = 1_000;
/** Questions for a new token are at least so far apart. */
export const REFRESH_APART_MS = 1_000;
