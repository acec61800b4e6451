import { z } from 'zod';

/** The call's states, in the order a call goes through them; `ended` is absorbing. */
export const callState = z.enum(['queued', 'requesting', 'ringing', 'answered', 'ended']);
export type CallState = z.infer<typeof callState>;

export const callResult = z.enum([
  'completed',
  'no_answer',
  'busy',
  'canceled',
  'rejected',
  'failed',
  'missed',
  'voicemail',
  'unknown',
]);
export type CallResult = z.infer<typeof callResult>;

export const direction = z.enum(['inbound', 'outbound', 'internal', 'unknown']);
export type Direction = z.infer<typeof direction>;

/**
 * How a callback found its call (R46): by the CTI's own id, by our id that the CTI sent back, or by the numbers.
 * `created` means it found none and made one.
 */
export const matchedBy = z.enum(['external_id', 'intent', 'numbers', 'created']);
export type MatchedBy = z.infer<typeof matchedBy>;

/** A dial intent's states (I1). The last five are final. */
export const intentState = z.enum([
  'queued',
  'claimed',
  'sent',
  'accepted',
  'failed',
  'uncertain',
  'expired',
  'canceled',
]);
export type IntentState = z.infer<typeof intentState>;
