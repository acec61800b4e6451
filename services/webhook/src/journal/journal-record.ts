import type { SignedMessage } from '@ramal/bus';
import type { Callback } from '@ramal/calls';
import type { CallbackEvent } from '@ramal/contracts';

/**
 * A callback as the journal keeps it: what was understood of it, in our terms. So it can be told to Redis later without
 * PostgreSQL and whatever the company's configuration says by then, and no credential that came as a variable is written
 * to the disk (threat 3).
 */
export interface JournalRecord {
  /** Minted once, when it was received. */
  id: string;
  tenant: string;
  callback: Callback;
  /** When it was received, by Redis' clock as well as it was known, epoch ms. */
  receivedAtMs: number;
  /** The same by this machine's clock: its age is reckoned by that. */
  wallMs: number;
  /** The id of the call that it begins, if it begins one: so it is the same one, however often it is told. */
  callId: string;
  /** Of a signed callback: which message it was (threat 5). */
  signed?: SignedMessage;
}

/** That a record was told to Redis, as which event; null where that was no event of its own. */
export interface JournalNote {
  id: string;
  event: CallbackEvent | null;
}
