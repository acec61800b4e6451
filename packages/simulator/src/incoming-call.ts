import { z } from 'zod';
import { behaviourPatch } from './behaviour.ts';

/** A call that comes in from outside (R45); what is left out follows the behaviour of the account. */
export const incomingCall = z.strictObject({
  account: z.string(),
  /** The caller as the CTI writes it; "" when withheld. */
  from: z.string().max(64),
  /** The extension it rings at. */
  to: z.string().min(1).max(64),
  outcome: behaviourPatch.shape.outcome,
  ringMs: behaviourPatch.shape.ringMs,
  talkMs: behaviourPatch.shape.talkMs,
});
export type IncomingCall = z.infer<typeof incomingCall>;

/** The simulator has no account of this name. */
export class UnknownAccountError extends Error {
  readonly code = 'account_unknown';

  constructor(account: string) {
    super(`no account is named ${JSON.stringify(account)}`);
    this.name = 'UnknownAccountError';
  }
}
