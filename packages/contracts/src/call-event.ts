import { z } from 'zod';
import { callResult, direction, matchedBy } from './call-state.ts';
import { callId, epochMs, externalCallId, intentId, ramal, tenantId, userId } from './ids.ts';
import { dialReason, popupSkipReason } from './reasons.ts';
import { isStorableText, UNSTORABLE } from './storable-text.ts';

/** Free data a CRM attaches to a dial and gets back with every pop-up of it: at most 20 short strings. */
export const callContext = z
  .record(z.string().min(1).max(64), z.string().max(512))
  .refine((context) => Object.keys(context).length <= 20, 'at most 20 entries')
  // An event that can't be stored would cost the call its history (R43).
  .refine((context) => Object.entries(context).flat().every(isStorableText), UNSTORABLE);
export type CallContext = z.infer<typeof callContext>;

/** The far end's number in E.164, where the tenant opted into normalisation and the number has one (R34). */
const peerE164 = z
  .string()
  .regex(/^\+[1-9][0-9]{1,14}$/, 'E.164 is + and at most 15 digits')
  .optional();

const base = {
  /** Deterministic per fact: the same fact told twice has the same id (I3). */
  eventId: z.uuid(),
  tenant: tenantId,
  callId,
  /** Redis time of the commit. */
  at: epochMs,
};

/** What a callback says about its call, already in our terms. */
const callback = {
  ...base,
  direction,
  ramal: ramal.optional(),
  user: userId.optional(),
  /** Where the callback names both ends of an internal call: the other end, the caller's. */
  caller: z.object({ ramal, user: userId.optional() }).optional(),
  /** The far end's number as the CTI wrote it; absent when withheld. */
  peer: z.string().max(64).optional(),
  peerE164,
  origin: z.string().max(64).optional(),
  destination: z.string().max(64).optional(),
  externalCallId: externalCallId.optional(),
  matchedBy,
  result: callResult.optional(),
  durationSec: z.number().int().min(0).max(604_800).optional(),
  recording: z.string().max(2048).optional(),
  /** The CTI's own time of the event, where it sends one. */
  ctiAt: epochMs.optional(),
  /** Set where a pop-up was due and not shown (R44). */
  popupSkipped: popupSkipReason.optional(),
};

const dial = { ...base, user: userId, ramal, intentId };

/** One fact about a call, as the event stream carries it: JSON in the field `e`. */
export const callEvent = z.discriminatedUnion('type', [
  z.object({
    ...dial,
    type: z.literal('call.requested'),
    direction,
    peer: z.string().max(64),
    peerE164,
    via: z.enum(['agent', 'api']),
    context: callContext.optional(),
  }),
  z.object({ ...dial, type: z.literal('dial.requesting'), attempt: z.number().int().min(1) }),
  z.object({
    ...dial,
    type: z.literal('dial.accepted'),
    status: z.number().int(),
    latencyMs: z.number().int().nonnegative(),
    /** The CTI's own id of the call, where its answer told one. */
    externalCallId: externalCallId.optional(),
  }),
  z.object({
    ...dial,
    type: z.enum(['dial.failed', 'dial.expired', 'dial.uncertain', 'dial.canceled']),
    reason: dialReason,
    status: z.number().int().optional(),
  }),
  z.object({ ...callback, type: z.literal('call.incoming') }),
  z.object({ ...callback, type: z.literal('call.answered') }),
  z.object({ ...callback, type: z.literal('call.ended') }),
  z.object({ ...callback, type: z.literal('call.recording') }),
  /** No end was told for longer than the tenant lets a call stay open: closed by us, until the CTI says otherwise. */
  z.object({ ...base, type: z.literal('call.reaped') }),
  z.object({
    ...base,
    type: z.enum(['popup.seen', 'popup.dismissed']),
    user: userId,
    popupId: z.uuid(),
  }),
]);

export type CallEvent = z.infer<typeof callEvent>;
export type CallEventType = CallEvent['type'];
/** The events a CTI's callbacks become. */
export type CallbackEvent = Extract<CallEvent, { matchedBy: unknown }>;
/** The events that end a dial intent's life. */
export type DialEvent = Extract<CallEvent, { intentId: string }>;
