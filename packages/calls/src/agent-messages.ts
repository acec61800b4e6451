import type { CallEvent, CallView, DialEvent, InboxEvent, Popup } from '@ramal/contracts';
import type { CallLeg } from './follow-call.ts';
import { toPopup } from './popup.ts';
import { reduceCall, toLegView, toProgress } from './reduce-call.ts';
import type { Phase } from './transitions.ts';

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
  return toScenes(before, event)
    .map((scene) => ({
      user: scene.user,
      messages: toMessages(scene, presentUsers.has(scene.user)),
    }))
    .filter((delivery) => delivery.messages.length > 0);
}

/**
 * What the agent is told of a dial that is refused at the click: the call, which is over, why, and the start pop-up that
 * shows it. Nobody else hears of it.
 * @param events the click and the refusal
 */
export function toRefusalDelivery(events: readonly [CallEvent, DialEvent]): AgentDelivery {
  const [, event] = events;
  const { user } = event;
  const [scene] = toScenes([], events[0]).filter((one) => one.user === user);
  if (scene === undefined) throw new TypeError('a click has its agent');
  const refused = { ...scene, event, call: reduceCall(events), events };
  return {
    user,
    messages: [
      plain(refused, 'call.created'),
      dialProgress(refused),
      plain(refused, 'call.ended'),
      popup(refused, 'show', 'start'),
    ],
  };
}

/** Who is to get the end pop-up because of this event, if they are logged in (R44). */
export function toEndPopupUsers(before: readonly CallEvent[], event: CallEvent): string[] {
  return toScenes(before, event)
    .filter(bringsEndPopup)
    .map(({ user }) => user);
}

/**
 * What a leg has to do with its call: nothing yet, or nothing but a recording of it; a part in it; none since another took
 * it; none since we closed the call for want of an end; none yet of a call that was over when it became known; or none
 * because the CTI told its end.
 */
type Part = 'none' | 'open' | 'elsewhere' | 'closed' | 'late' | 'over';

/** One fact, as one agent of the call comes to know it. */
interface Scene {
  event: CallEvent;
  user: string;
  leg: CallLeg;
  was: Part;
  is: Part;
  /** The call as this agent knew it; null when it is news. */
  before: CallView | null;
  call: CallView;
  events: readonly CallEvent[];
}

function toScenes(before: readonly CallEvent[], event: CallEvent): Scene[] {
  const events = [...before, event];
  const call = reduceCall(events);
  const { phase, legs } = toProgress(events);
  const progressBefore = before.length === 0 ? null : toProgress(before);
  const callBefore = before.length === 0 ? null : reduceCall(before);
  return legs.flatMap((leg) => {
    const { user } = leg;
    if (user === null) return [];
    // Known to this agent only if the leg was theirs already.
    const known = progressBefore?.legs.find((one) => one.ramal === leg.ramal && one.user === user);
    return {
      event,
      user,
      leg,
      was: known === undefined || progressBefore === null ? 'none' : toPart(progressBefore.phase, known),
      is: toPart(phase, leg),
      before: known === undefined || callBefore === null ? null : toLegView(callBefore, known),
      call: toLegView(call, leg),
      events,
    };
  });
}

function toPart(phase: Phase, leg: CallLeg): Part {
  if (leg.status === 'elsewhere') return 'elsewhere';
  if (leg.late && leg.status === 'open') return 'late';
  if (phase === 'ended' || leg.status === 'left') return 'over';
  if (phase === 'untold') return 'none';
  return phase === 'reaped' ? 'closed' : 'open';
}

function toMessages(scene: Scene, present: boolean): AgentMessage[] {
  const { event, was, is } = scene;
  // A colleague took the call: it is news to nobody else, and what becomes of it neither.
  if (is === 'elsewhere') return was === 'open' ? lost(scene) : [];
  if ((is === 'over' && was !== 'over') || (is === 'closed' && was === 'open')) return ended(scene, present);
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
      // Of another phone, while this one rings or talks on.
      return is === 'open' ? [] : endedAlready(scene);
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
  const isEnd = call.state === 'ended' && before?.state !== 'ended';
  const news = plain(scene, isEnd ? 'call.ended' : 'call.updated');
  if (event.user !== scene.user) return [news];
  return [dialProgress(scene), news, popup(scene, 'update', 'start')];
}

function rung(scene: Scene): AgentMessage[] {
  const { was, before, call, leg, event } = scene;
  if (before === null) return [plain(scene, 'call.created'), ...ringing(scene)];
  // Another phone rings too: no news for those that ring already, however many they are.
  if (!leg.calls && 'ramal' in event && event.ramal !== leg.ramal) return [];
  const updated = plain(scene, 'call.updated');
  if (scene.is !== 'open') return [updated];
  // It was another's meanwhile and was handed back; or its recording came first, which brings no pop-up.
  if (was === 'elsewhere' || was === 'over' || was === 'none') return [updated, ...ringing(scene)];
  // Told again, or of another extension: a pop-up that stands follows, one that was closed stays closed (I5).
  const kind = call.intentId !== null && before.state === 'ended' ? 'start' : 'incoming';
  return [updated, popup(scene, 'update', kind)];
}

/** The pop-up of a call that rings: *incoming* at who is called, *start* at who calls a colleague by hand. */
function ringing({ call, event, leg, ...rest }: Scene): AgentMessage[] {
  const scene = { call, event, leg, ...rest };
  if (call.state === 'ended' || !('direction' in event) || event.direction === 'outbound') return [];
  if (!leg.calls) return [popup(scene, 'show', 'incoming')];
  // Its own dial has brought the start pop-up already.
  return call.direction === 'internal' && call.intentId === null ? [popup(scene, 'show', 'start')] : [];
}

function answered(scene: Scene): AgentMessage[] {
  const { was, is, before, call } = scene;
  if (is !== 'open') return endedAlready(scene);
  const news = before === null ? [plain(scene, 'call.created')] : [];
  const shown = was === 'open' || call.direction === 'outbound' ? [] : ringing(scene);
  return [
    ...news,
    plain(scene, 'call.answered'),
    ...shown,
    popup(scene, 'update', 'start'),
    popup(scene, 'update', 'incoming'),
  ];
}

/** Another phone took the call that rang here too. */
function lost(scene: Scene): AgentMessage[] {
  return [plain(scene, 'call.ended'), popup(scene, 'hide', 'incoming', 'answered_elsewhere')];
}

function ended(scene: Scene, present: boolean): AgentMessage[] {
  const created = scene.before === null ? [plain(scene, 'call.created')] : [];
  const news = plain(scene, scene.was === 'closed' ? 'call.updated' : 'call.ended');
  const hide = [popup(scene, 'hide', 'start'), popup(scene, 'hide', 'incoming')];
  const show = present && bringsEndPopup(scene) ? [popup(scene, 'show', 'end')] : [];
  return [...created, news, ...hide, ...show];
}

/**
 * The end pop-up is for whose part in the call ends by the CTI's word (R44); not for whom another took it from, and
 * not when we close a call nobody spoke of for hours.
 */
function bringsEndPopup({ event, was, is }: Scene): boolean {
  return was !== 'over' && was !== 'elsewhere' && is === 'over' && event.type !== 'call.reaped';
}

/** More is told of a call whose end is known. */
function endedAlready(scene: Scene): AgentMessage[] {
  return [plain(scene, 'call.updated'), popup(scene, 'update', 'end')];
}

function recorded(scene: Scene): AgentMessage[] {
  const { callId, recording } = scene.call;
  if (recording === null || recording === scene.before?.recording) return [];
  const news = scene.before === null ? [plain(scene, 'call.created')] : [];
  return [
    ...news,
    { op: 'recording.ready', ts: scene.event.at, data: { callId, recording } },
    popup(scene, 'update', 'end'),
  ];
}

function plain(
  { call, event }: Scene,
  op: 'call.created' | 'call.answered' | 'call.ended' | 'call.updated',
): AgentMessage {
  return { op, ts: event.at, data: call };
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

function dialProgress({ event }: Scene): AgentMessage {
  if (!('intentId' in event)) throw new TypeError(`${event.type} is not a step of a dial`);
  const reason = 'reason' in event ? { reason: event.reason } : {};
  return {
    op: DIAL_OPS[event.type],
    ts: event.at,
    data: { intentId: event.intentId, callId: event.callId, ...reason },
  };
}

function popup(
  { call, user, event, events }: Scene,
  change: 'show' | 'update' | 'hide',
  kind: Popup['kind'],
  hidden: 'ended' | 'answered_elsewhere' = 'ended',
): AgentMessage {
  const shown = toPopup(kind, call, user, event.at, events);
  const data = change === 'hide' ? { ...shown, hidden } : shown;
  return { op: `popup.${change}`, ts: event.at, data, popup: { change, popup: shown } };
}
