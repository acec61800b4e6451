/**
 * What goes over the agent's WebSocket, written out so that nothing of a schema library reaches a page.
 * wire-agreement.ts holds every one of these types against the schemas of the gateway: the build breaks when one of
 * the two changes alone.
 */

export type CallState = 'queued' | 'requesting' | 'ringing' | 'answered' | 'ended';

export type CallResult =
  | 'completed'
  | 'no_answer'
  | 'busy'
  | 'canceled'
  | 'rejected'
  | 'failed'
  | 'missed'
  | 'voicemail'
  | 'unknown';

export type Direction = 'inbound' | 'outbound' | 'internal' | 'unknown';

/** How a callback found its call: by the CTI's own id, by ours, by the numbers, or by none. */
export type MatchedBy = 'external_id' | 'intent' | 'numbers' | 'created';

/** Why a dial did not become a call; stable codes, to be shown in the agent's language. */
export type DialReason =
  | 'cti_disabled'
  | 'unsupported_cti_type'
  | 'cti_not_configured'
  | 'cti_config_invalid'
  | 'cti_credentials_missing'
  | 'ramal_missing'
  | 'number_not_diallable'
  | 'cti_unreachable'
  | 'cti_auth_failed'
  | 'cti_rejected'
  | 'cti_redirected'
  | 'cti_error'
  | 'cti_reset'
  | 'cti_timeout'
  | 'cti_address_denied'
  | 'cti_unavailable'
  | 'cti_busy'
  | 'number_rejected'
  | 'ramal_offline'
  | 'ramal_busy'
  | 'destination_denied'
  | 'destination_premium'
  | 'destination_international'
  | 'dial_rate_exceeded'
  | 'dials_blocked'
  | 'tenant_disabled'
  | 'deadline_passed'
  | 'canceled_by_agent'
  | 'internal_error';

/** Words of the CRM that come back with every event of the call: at most 20, each of at most 512 characters. */
export type CallContext = Record<string, string>;

/** The far end of a call. `raw` is "" when withheld; `display` is what to show a person. */
export interface Peer {
  raw: string;
  e164: string | null;
  display: string;
}

export type PopupKind = 'start' | 'incoming' | 'end';

/** One of the three pop-ups (R46). All its fields are text to show, never HTML. Times are ms since the epoch. */
export interface Popup {
  popupId: string;
  kind: PopupKind;
  callId: string;
  direction: Direction;
  state: CallState;
  peer: Peer;
  ramal: string | null;
  startedAt: number;
  answeredAt?: number | undefined;
  /** After this moment, by the server's clock, nobody may show it any more. */
  expiresAt: number;
  recording?: string | undefined;
  result?: CallResult | undefined;
  durationSec?: number | undefined;
  reason?: DialReason | undefined;
  context?: CallContext | undefined;
  seenAt?: number | undefined;
}

/** Why the gateway hides a pop-up. */
export type HiddenBecause = 'ended' | 'dismissed' | 'answered_elsewhere';

interface HiddenPopup extends Popup {
  hidden: HiddenBecause;
}

/** A call from the agent's side. What is not known is null. Times are ms since the epoch. */
export interface Call {
  callId: string;
  direction: Direction;
  state: CallState;
  ramal: string | null;
  user: string | null;
  peer: Peer;
  origin: string | null;
  destination: string | null;
  startedAt: number;
  answeredAt: number | null;
  endedAt: number | null;
  durationSec: number | null;
  result: CallResult | null;
  reason: DialReason | null;
  recording: string | null;
  externalCallId: string | null;
  intentId: string | null;
  matchedBy: MatchedBy | null;
  context: CallContext | null;
}

/** `enabled` false hides the call buttons (R1); `down` only warns. */
export interface CtiStatus {
  enabled: boolean;
  state: 'ok' | 'disabled' | 'not_configured' | 'invalid' | 'down' | 'unavailable';
}

export interface Agent {
  tenant: string;
  user: string;
  /** Null for a user without an extension, who can't dial. */
  ramal: string | null;
}

export interface ResumePoint {
  epoch: string;
  seq: number;
}

export interface ResumedPoint extends ResumePoint {
  status: 'fresh' | 'resumed' | 'lost';
}

/** All that stands: of `ready`, `resync` and the ack of `sync`. */
export interface Standing {
  calls: Call[];
  popups: Popup[];
  claimed?: string[] | undefined;
  resume: ResumedPoint;
}

export interface Ready extends Standing {
  agent: Agent;
  cti: CtiStatus;
  heartbeatMs: number;
}

export interface DialStep {
  intentId: string;
  callId: string;
  reason?: DialReason | undefined;
}

/** The data of each server event. */
export interface ServerEvents {
  'dial.queued': DialStep;
  'dial.requesting': DialStep;
  'dial.accepted': DialStep;
  'dial.failed': DialStep;
  'dial.expired': DialStep;
  'dial.uncertain': DialStep;
  'popup.show': Popup;
  'popup.update': Popup;
  'popup.hide': HiddenPopup;
  'call.created': Call;
  'call.answered': Call;
  'call.ended': Call;
  'call.updated': Call;
  'recording.ready': { callId: string; recording: string };
  'recording.failed': { callId: string; reason: string };
  ready: Ready;
  'cti.status': CtiStatus;
  'server.draining': { reconnectAfterMs: number };
  resync: Standing;
  'popup.claim': { popupId: string; claimed: boolean };
}
export type ServerOp = keyof ServerEvents;

/** A server event as it comes; `seq` numbers those of the agent's inbox. */
export type ServerEvent = {
  [Op in ServerOp]: {
    op: Op;
    seq?: number | undefined;
    claimed?: boolean | undefined;
    ts: number;
    data: ServerEvents[Op];
  };
}[ServerOp];

/** The data of each client frame. */
export interface ClientCommands {
  auth: {
    token: string;
    resume?: ResumePoint | undefined;
    tab?: string | undefined;
    focused?: boolean | undefined;
  };
  'auth.refresh': { token: string };
  /** `ageMs`: how long ago the click was, in ms; left out: just now. */
  dial: { intentId: string; to: string; context?: CallContext | undefined; ageMs?: number | undefined };
  'dial.cancel': { intentId: string };
  'popup.seen': { popupId: string };
  'popup.dismiss': { popupId: string };
  focus: Nothing | undefined;
  sync: Nothing | undefined;
  ping: Nothing | undefined;
  logout: Nothing | undefined;
}
export type ClientOp = keyof ClientCommands;
type Nothing = Record<string, never>;

/** What the ack of each command holds. */
export interface CommandAcks {
  auth: unknown;
  'auth.refresh': { expiresAt: number };
  dial: { intentId: string; callId: string };
  'dial.cancel': { intentId: string; callId: string };
  'popup.seen': { popupId: string };
  'popup.dismiss': { popupId: string };
  focus: Nothing;
  sync: Standing;
  ping: { ts: number };
  logout: Nothing;
}

export interface AckFrame {
  op: 'ack';
  replyTo: string | number;
  data: unknown;
}

export interface ErrorFrame {
  op: 'error';
  replyTo: string | number | null;
  data: { code: string; message: string; retryable: boolean };
}

export const SUBPROTOCOL = 'ramal.v1';

/** Why the gateway closes a socket; `reconnect` says whether a client may come back by itself. */
export const CLOSE = {
  normal: { code: 1000, reason: 'logged out', reconnect: false },
  restart: { code: 1012, reason: 'server restarting', reconnect: true },
  tryLater: { code: 1013, reason: 'try again later', reconnect: true },
  authTimeout: { code: 4001, reason: 'no auth in time', reconnect: true },
  authFailed: { code: 4002, reason: 'auth failed', reconnect: false },
  tokenExpired: { code: 4003, reason: 'token expired', reconnect: true },
  protocolError: { code: 4004, reason: 'protocol error', reconnect: true },
  rateLimited: { code: 4008, reason: 'rate limited', reconnect: true },
  superseded: { code: 4009, reason: 'superseded by a newer connection', reconnect: true },
  tenantDisabled: { code: 4010, reason: 'tenant disabled', reconnect: false },
} as const;

/** The codes of errors that the gateway answers with. */
export type WireErrorCode =
  | 'bad_json'
  | 'bad_frame'
  | 'bad_request'
  | 'unknown_op'
  | 'payload_too_large'
  | 'auth_required'
  | 'auth_failed'
  | 'forbidden'
  | 'not_found'
  | 'rate_limited'
  | 'tenant_disabled'
  | 'cti_disabled'
  | 'ramal_missing'
  | 'intent_conflict'
  | 'intent_not_found'
  | 'intent_not_cancelable'
  | 'popup_not_found'
  | 'unavailable'
  | 'internal_error';
