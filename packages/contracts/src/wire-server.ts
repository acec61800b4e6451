import { z } from 'zod';
import { callContext } from './call-event.ts';
import { callResult, callState, direction, matchedBy } from './call-state.ts';
import { callId, epochMs, externalCallId, intentId, ramal, tenantId, userId } from './ids.ts';
import { dialReason } from './reasons.ts';

/** The far end of a call. `raw` is what the CTI or the agent wrote, "" when withheld. */
export const peer = z.object({
  raw: z.string(),
  /** Filled where the tenant opted into number normalisation (R34). */
  e164: z.string().nullable(),
  /** What to show a person. */
  display: z.string(),
});
export type Peer = z.infer<typeof peer>;

export const popupKind = z.enum(['start', 'incoming', 'end']);
export type PopupKind = z.infer<typeof popupKind>;

/** One of the three pop-ups (R46). All its fields are text to show, never HTML. */
export const popup = z.object({
  popupId: z.uuid(),
  kind: popupKind,
  callId,
  direction,
  state: callState,
  peer,
  ramal: ramal.nullable(),
  startedAt: epochMs,
  answeredAt: epochMs.optional(),
  /** After this moment nobody may show it any more. */
  expiresAt: epochMs,
  recording: z.string().optional(),
  result: callResult.optional(),
  durationSec: z.number().int().optional(),
  /** Why the dial failed or is uncertain. */
  reason: dialReason.optional(),
  context: callContext.optional(),
  /** When one of the agent's sockets first said that a person saw it. */
  seenAt: epochMs.optional(),
});
export type Popup = z.infer<typeof popup>;

/** A call as agents and the api see it. */
export const callView = z.object({
  callId,
  direction,
  state: callState,
  ramal: ramal.nullable(),
  user: userId.nullable(),
  peer,
  /** Who called whom, as the CTI or the dial said it. */
  origin: z.string().nullable(),
  destination: z.string().nullable(),
  startedAt: epochMs,
  answeredAt: epochMs.nullable(),
  endedAt: epochMs.nullable(),
  durationSec: z.number().int().nullable(),
  result: callResult.nullable(),
  /** Why the dial failed or is uncertain. */
  reason: dialReason.nullable(),
  recording: z.string().nullable(),
  externalCallId: externalCallId.nullable(),
  intentId: intentId.nullable(),
  matchedBy: matchedBy.nullable(),
  context: callContext.nullable(),
});
export type CallView = z.infer<typeof callView>;

export const ctiStatus = z.object({
  /** False hides the call buttons (R1). */
  enabled: z.boolean(),
  /**
   * `down`: the tenant's CTI failed too often of late; a dial fails at once, or is the one that tries it again.
   * `unavailable`: not the tenant's doing; the gateway itself is cut off, so that dials fail and events wait.
   */
  state: z.enum(['ok', 'disabled', 'not_configured', 'invalid', 'down', 'unavailable']),
});
export type CtiStatus = z.infer<typeof ctiStatus>;

/** Where an agent's inbox stands; `lost` means events were missed and `calls` and `popups` are the truth. */
export const resumePoint = z.object({
  epoch: z.string(),
  seq: z.number().int().nonnegative(),
  status: z.enum(['fresh', 'resumed', 'lost']),
});

const event = <Op extends string, Data extends z.ZodType>(op: Op, data: Data) =>
  z.object({
    op: z.literal(op),
    seq: z.number().int().positive().optional(),
    /** On `popup.show`: is this the one socket of the agent that brings the pop-up to the front? */
    claimed: z.boolean().optional(),
    ts: epochMs,
    data,
  });

const dialProgress = z.object({ intentId, callId, reason: dialReason.optional() });

/** The first answer to `auth`. */
export const readyEvent = event(
  'ready',
  z.object({
    agent: z.object({ tenant: tenantId, user: userId, ramal: ramal.nullable() }),
    cti: ctiStatus,
    calls: z.array(callView),
    popups: z.array(popup),
    /** Which of `popups` this socket brings to the front. */
    claimed: z.array(z.uuid()).optional(),
    resume: resumePoint,
    heartbeatMs: z.number().int().positive(),
  }),
);

/** Events that go through an agent's inbox: numbered, resumable (I5). */
export const inboxEvent = z.discriminatedUnion('op', [
  event('dial.queued', dialProgress),
  event('dial.requesting', dialProgress),
  event('dial.accepted', dialProgress),
  event('dial.failed', dialProgress),
  event('dial.expired', dialProgress),
  event('dial.uncertain', dialProgress),
  event('popup.show', popup),
  event('popup.update', popup),
  event('popup.hide', popup.extend({ hidden: z.enum(['ended', 'dismissed', 'answered_elsewhere']) })),
  event('call.created', callView),
  event('call.answered', callView),
  event('call.ended', callView),
  event('call.updated', callView),
  event('recording.ready', z.object({ callId, recording: z.string() })),
  event('recording.failed', z.object({ callId, reason: z.string() })),
]);
export type InboxEvent = z.infer<typeof inboxEvent>;

/** Events about the connection itself: never numbered, never replayed. */
export const connectionEvent = z.discriminatedUnion('op', [
  readyEvent,
  event('cti.status', ctiStatus),
  event('server.draining', z.object({ reconnectAfterMs: z.number().int().nonnegative() })),
  event(
    'resync',
    z.object({
      calls: z.array(callView),
      popups: z.array(popup),
      claimed: z.array(z.uuid()).optional(),
      resume: resumePoint,
    }),
  ),
  /** A standing pop-up passed to this socket, or from it to another one. */
  event('popup.claim', z.object({ popupId: z.uuid(), claimed: z.boolean() })),
]);
export type ConnectionEvent = z.infer<typeof connectionEvent>;

export const ackFrame = z.object({
  op: z.literal('ack'),
  replyTo: z.union([z.string(), z.number()]),
  data: z.unknown(),
});

/** `replyTo` is null when the frame was too broken to hold an id. */
export const errorFrame = z.object({
  op: z.literal('error'),
  replyTo: z.union([z.string(), z.number()]).nullable(),
  data: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }),
});
