import type { Fault } from './behaviour.ts';

/** What became of an originate. `aborted`: the client left before its request was complete. */
export type OriginateOutcome =
  | 'accepted'
  | 'unauthorized'
  | 'missing_variables'
  | 'status'
  | 'aborted'
  | Exclude<Fault, 'none'>;

/** One originate request as it came in: the truth about dials (I1). */
export interface OriginateRecord {
  /** Counts from 1, in order of arrival. */
  readonly seq: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** Whose credentials it carried; without any, the only account of that path; else null. */
  readonly account: string | null;
  readonly method: string;
  /** `http://` and the Host header before the request target, byte for byte as sent (R32). */
  readonly url: string;
  /** Names and values as sent, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly origin: string | null;
  readonly destination: string | null;
  readonly authorized: boolean;
  readonly outcome: OriginateOutcome;
  /** Status of the reply; null where there is none. */
  readonly replyStatus: number | null;
  /** The call it started. */
  readonly callId: string | null;
}
