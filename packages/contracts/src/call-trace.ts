import { z } from 'zod';
import { callId, tenantId, userId } from './ids.ts';
import { noPopupReason } from './reasons.ts';

/** The steps of a call's way that are no facts about the call itself; the facts are its events. */
export const traceStep = z.enum([
  'job.queued',
  'job.taken',
  'job.skipped',
  'job.unsent',
  'cti.request',
  'cti.answer',
  'callback.received',
  'callback.refused',
  'popup.published',
  'popup.delivered',
  'popup.withheld',
]);
export type TraceStep = z.infer<typeof traceStep>;

/** Details of a step: short, flat, no credential. */
const traceDetail = z.record(z.string().max(32), z.union([z.string().max(512), z.number(), z.boolean()]));

/** One step on a call's way, as the flight recorder keeps it. */
export const callTrace = z.object({
  traceId: z.uuid(),
  callId,
  step: traceStep,
  /** The process that took the step, such as `dialer@host-12`. */
  by: z.string().max(128),
  /** Whose pop-up or dial. */
  user: userId.optional(),
  popupId: z.uuid().optional(),
  /** Why a pop-up did not show. */
  reason: noPopupReason.optional(),
  detail: traceDetail.optional(),
  /** How long before its batch was written, in ms: the batch's own id is the clock that all processes share. */
  ageMs: z.number().int().nonnegative(),
});
export type CallTrace = z.infer<typeof callTrace>;

/** What one stream entry carries: the traces of one tenant. */
export const traceBatch = z.object({ tenant: tenantId, traces: z.array(callTrace).min(1).max(1000) });
export type TraceBatch = z.infer<typeof traceBatch>;
