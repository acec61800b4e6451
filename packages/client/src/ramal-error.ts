import type { WireErrorCode } from './wire.ts';

/**
 * Codes of this side, beside those that the gateway answers with:
 * - `not_connected`: the connection did not come back in time, and nothing was sent;
 * - `connection_lost`: it broke, or was closed, before the answer;
 * - `timeout`: sent, and no answer came in time;
 * - `dial_unconfirmed`: a dial was sent and nobody answered: it may have been placed, so don't dial again unasked;
 * - `closed`: the client was closed, or has failed for good;
 * - `token_denied`: `getToken` said that there is none for this person;
 * - `agent_changed`: `getToken` brought the token of somebody else.
 */
export type ClientErrorCode =
  | 'not_connected'
  | 'connection_lost'
  | 'timeout'
  | 'dial_unconfirmed'
  | 'closed'
  | 'token_denied'
  | 'agent_changed';

export type RamalErrorCode = WireErrorCode | ClientErrorCode;

/** Everything that this package rejects with. `message` is for a log, `code` is stable. */
export class RamalError extends Error {
  /** One of RamalErrorCode, or one that is newer than this package. */
  readonly code: RamalErrorCode | (string & {});
  /** Whether the same may succeed later. */
  readonly retryable: boolean;

  constructor(data: { code: RamalErrorCode | (string & {}); message: string; retryable: boolean }) {
    super(data.message);
    this.name = 'RamalError';
    this.code = data.code;
    this.retryable = data.retryable;
  }
}

export const connectionLost = () =>
  new RamalError({
    code: 'connection_lost',
    message: 'the connection broke before the answer',
    retryable: true,
  });

export const clientClosed = (reason: string) =>
  new RamalError({ code: 'closed', message: `the client is closed (${reason})`, retryable: false });
