import type { CallEvent, CallView, DialEvent, InboxEvent, Popup } from '@ramal/contracts';
import { toPopup } from './popup.ts';
import { type Leg, reduceCall, toLegs, toPeer } from './reduce-call.ts';

/** One event for an agent's inbox; with `popup`, what it does to the agent's set of live pop-ups. */
export interface AgentMessage {
  op: InboxEvent['op'];
  /** Epoch ms. */
  ts: number;
  data: object;
  /**
   * `show` adds the pop-up; `update` and `hide` are dropped where it is not shown any more, so that
   * nothing dismissed comes back (I5).
   */
  popup?: { change: 'show' | 'update' | 'hide'; popup: Popup };
}

export interface AgentDelivery {
  user: string;
  messages: AgentMessage[];
}

/**
 * What each agent of a call is told when one more fact is known about it.
 * @param before the call's events without the new one
 * @param presentUsers who is logged in now: others get no end pop-up (R44)
 */
export function toDeliveries(
  before: readonly CallEvent[],
  event: CallEvent,
  presentUsers: ReadonlySet<string>,
): AgentDelivery[] {
  const after = [...before, event];
  const call = reduceCall(after);
  const legsBefore = new Set(toLegs(before).map((leg) => leg.user));
  return toLegs(after)
    .filter((leg): leg is Leg & { user: string } => leg.user !== null)
    .map((leg) => ({
      user: leg.user,
      messages: toMessages({
        event,
        user: leg.user,
        before: legsBefore.has(leg.user) ? reduceCall(before) : null,
        hungUp: before.some(({ type }) => type === 'call.ended'),
        call: toLegView(call, leg),
        nowMs: event.at,
        present: presentUsers.has(leg.user),
      }),
    }))
    .filter((delivery) => delivery.messages.length > 0);
}

/** The call as one of its agents sees it: own extension, and the other end as the peer. */
export function toLegView(call: CallView, leg: Leg): CallView {
  if (call.direction !== 'internal' || call.ramal === leg.ramal) {
    return { ...call, ramal: leg.ramal, user: leg.user };
  }
  const other = call.origin === leg.ramal ? call.destination : call.origin;
  return { ...call, ramal: leg.ramal, user: leg.user, peer: toPeer(other ?? '') };
}

interface Scene {
  event: CallEvent;
  user: string;
  /** The call as this agent knew it; null when it is news. */
  before: CallView | null;
  /** Had the CTI already told the end? */
  hungUp: boolean;
  call: CallView;
  nowMs: number;
  present: boolean;
}

function toMessages(scene: Scene): AgentMessage[] {
  const { event } = scene;
  switch (event.type) {
    case 'call.requested':
      return event.user === scene.user
        ? [plain(scene, 'call.created'), dialProgress(scene), popup(scene, 'show', 'start')]
        : [];
    case 'dial.requesting':
    case 'dial.accepted':
    case 'dial.uncertain':
    case 'dial.failed':
    case 'dial.expired':
    case 'dial.canceled':
      return dialled(scene, event);
    case 'call.incoming':
      return rung(scene);
    case 'call.answered':
      return answered(scene);
    case 'call.ended':
      return ended(scene);
    case 'call.recording':
      return recorded(scene);
    case 'call.reaped':
    case 'popup.seen':
    case 'popup.dismissed':
      return [];
  }
}

/** The steps of a dial concern who dialled; the callee of an internal call only sees the call. */
function dialled(scene: Scene, event: DialEvent): AgentMessage[] {
  const { before, call } = scene;
  const ended = call.state === 'ended' && before?.state !== 'ended';
  const news = plain(scene, ended ? 'call.ended' : 'call.updated');
  if (event.user !== scene.user) return [news];
  return [dialProgress(scene), news, popup(scene, 'update', 'start')];
}

function rung(scene: Scene): AgentMessage[] {
  const { before, call } = scene;
  if (before === null) return [plain(scene, 'call.created'), ...incoming(scene)];
  const updated = plain(scene, 'call.updated');
  if (call.state === 'ended') return [updated];
  // Told again, or of another extension: a pop-up that stands follows, one that was closed stays closed (I5).
  const kind = before.state === 'ended' ? 'start' : 'incoming';
  return [updated, popup(scene, 'update', kind)];
}

/** The pop-up of a call that rings; its own dial already has the start pop-up. */
function incoming(scene: Scene): AgentMessage[] {
  const { call, event } = scene;
  if (call.state === 'ended' || (call.intentId !== null && !isCallee(scene))) return [];
  return 'direction' in event && event.direction !== 'outbound' ? [popup(scene, 'show', 'incoming')] : [];
}

/** In an internal call that one agent dialled, the other one is called. */
function isCallee({ call }: Scene): boolean {
  return call.direction === 'internal' && call.ramal !== call.origin;
}

function answered(scene: Scene): AgentMessage[] {
  const { before, call, hungUp } = scene;
  if (before !== null && hungUp) return [plain(scene, 'call.updated'), popup(scene, 'update', 'end')];
  const news = before === null ? [plain(scene, 'call.created')] : [];
  if (call.state === 'ended') return news;
  const popups = before === null && call.direction !== 'outbound' ? incoming(scene) : [];
  return [
    ...news,
    plain(scene, 'call.answered'),
    ...popups,
    popup(scene, 'update', 'start'),
    popup(scene, 'update', 'incoming'),
  ];
}

function ended(scene: Scene): AgentMessage[] {
  const { before } = scene;
  if (before !== null && scene.hungUp) {
    return [plain(scene, 'call.updated'), popup(scene, 'update', 'end')];
  }
  const news = before === null ? [plain(scene, 'call.created')] : [];
  const hide = [popup(scene, 'hide', 'start'), popup(scene, 'hide', 'incoming')];
  const show = scene.present ? [popup(scene, 'show', 'end')] : [];
  return [...news, plain(scene, 'call.ended'), ...hide, ...show];
}

function recorded(scene: Scene): AgentMessage[] {
  const { callId, recording } = scene.call;
  if (recording === null || recording === scene.before?.recording) return [];
  const news = scene.before === null ? [plain(scene, 'call.created')] : [];
  return [
    ...news,
    { op: 'recording.ready', ts: scene.nowMs, data: { callId, recording } },
    popup(scene, 'update', 'end'),
  ];
}

function plain(
  { call, nowMs }: Scene,
  op: 'call.created' | 'call.answered' | 'call.ended' | 'call.updated',
): AgentMessage {
  return { op, ts: nowMs, data: call };
}

const DIAL_OPS = {
  'call.requested': 'dial.queued',
  'dial.requesting': 'dial.requesting',
  'dial.accepted': 'dial.accepted',
  'dial.failed': 'dial.failed',
  'dial.expired': 'dial.expired',
  'dial.uncertain': 'dial.uncertain',
  // The agent's own cancel is acknowledged; the wire's final state for the other tabs is a failure with the reason.
  'dial.canceled': 'dial.failed',
} as const;

function dialProgress({ event, nowMs }: Scene): AgentMessage {
  if (!('intentId' in event)) throw new TypeError(`${event.type} is not a step of a dial`);
  const reason = 'reason' in event ? { reason: event.reason } : {};
  return {
    op: DIAL_OPS[event.type],
    ts: nowMs,
    data: { intentId: event.intentId, callId: event.callId, ...reason },
  };
}

function popup(scene: Scene, change: 'show' | 'update' | 'hide', kind: Popup['kind']): AgentMessage {
  const shown = toPopup(kind, scene.call, scene.user, scene.nowMs);
  const data = change === 'hide' ? { ...shown, hidden: 'ended' } : shown;
  return { op: `popup.${change}`, ts: scene.nowMs, data, popup: { change, popup: shown } };
}
