import { z } from 'zod';
import { agentRole } from './agent-token.ts';
import { callContext } from './call-event.ts';
import { callResult, callState, direction } from './call-state.ts';
import { callId, intentId, ramal, tenantId, userId } from './ids.ts';
import { dialTarget } from './phone.ts';
import { noPopupReason } from './reasons.ts';
import { callView, popupKind } from './wire-server.ts';

/** `POST /v1/sessions`: an API key becomes a short-lived agent token (R36). */
export const sessionRequest = z.object({
  /** May be left out with a key of one tenant; must match it otherwise (I6). */
  tenant: tenantId.optional(),
  user: userId,
  /** Default `agent`; a key gives no role with more rights than its own. */
  role: agentRole.optional(),
});

export const sessionResponse = z.object({
  token: z.string(),
  /** RFC 3339. */
  expiresAt: z.iso.datetime(),
  expiresInSec: z.number().int(),
  agent: z.object({ tenant: tenantId, user: userId, ramal: ramal.nullable() }),
  gatewayUrl: z.string(),
});

/** `POST /v1/calls`: a CRM's server dials for a user (R37). */
export const dialRequest = z.object({
  tenant: tenantId.optional(),
  user: userId,
  to: dialTarget,
  /** Idempotency key; made for you when left out. */
  intentId: intentId.optional(),
  context: callContext.optional(),
});
export const dialResponse = z.object({ intentId, callId });

/** `GET /v1/calls`: newest first; pass `nextCursor` back as `cursor`. */
export const callsQuery = z.object({
  tenant: tenantId.optional(),
  user: userId.optional(),
  ramal: ramal.optional(),
  direction: direction.optional(),
  state: callState.optional(),
  result: callResult.optional(),
  /** Matches calls whose far end ends in these digits. */
  number: z
    .string()
    .regex(/^\+?[0-9]{3,20}$/, 'number holds 3 to 20 digits')
    .optional(),
  /** RFC 3339, inclusive, on the call's start. */
  from: z.iso.datetime({ offset: true }).optional(),
  /** RFC 3339, exclusive, on the call's start. */
  to: z.iso.datetime({ offset: true }).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});

/** A call of the history: the view, with its tenant and times in RFC 3339. */
export const historyCall = callView.omit({ startedAt: true, answeredAt: true, endedAt: true }).extend({
  tenant: tenantId,
  startedAt: z.iso.datetime(),
  answeredAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
});
export type HistoryCall = z.infer<typeof historyCall>;

export const callsResponse = z.object({ calls: z.array(historyCall), nextCursor: z.string().nullable() });

/** What became of one pop-up: the answer to "did the agent see it, and if not, why?". */
export const popupOutcome = z.object({
  /** Null where none was ever made, for nobody is known to be at that end. */
  popupId: z.uuid().nullable(),
  user: userId.nullable(),
  kind: popupKind,
  outcome: z.enum(['dismissed', 'seen', 'delivered', 'waiting', 'not_shown']),
  /** With `not_shown`. */
  reason: noPopupReason.nullable(),
});
export type PopupOutcome = z.infer<typeof popupOutcome>;

/** `GET /v1/calls/{callId}/timeline`: the call from the click to the last pop-up, oldest step first. */
export const timelineResponse = z.object({
  callId,
  steps: z.array(
    z.object({
      at: z.iso.datetime(),
      step: z.string(),
      by: z.string().nullable(),
      user: userId.nullable(),
      popupId: z.uuid().nullable(),
      reason: z.string().nullable(),
      detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    }),
  ),
  popups: z.array(popupOutcome),
});
export type Timeline = z.infer<typeof timelineResponse>;

/** `GET /v1/presence`: who is logged in, where, since when. */
export const presenceQuery = z.object({ tenant: tenantId.optional(), user: userId.optional() });
export const presenceResponse = z.object({
  agents: z.array(
    z.object({
      user: userId,
      ramal: ramal.nullable(),
      since: z.iso.datetime(),
      connections: z.array(
        z.object({
          gateway: z.string(),
          since: z.iso.datetime(),
          /** False for a socket that broke a moment ago and may come back. */
          open: z.boolean(),
        }),
      ),
    }),
  ),
});

export const errorResponse = z.object({
  error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }),
});
