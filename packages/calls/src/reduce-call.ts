import {
  type CallbackEvent,
  type CallEvent,
  type CallResult,
  type CallView,
  type DialEvent,
  toDisplayNumber,
  uuidV7Time,
} from '@ramal/contracts';
import {
  type CallLeg,
  type CallProgress,
  followCall,
  isOfConversation,
  type Leg,
  toDirection,
} from './follow-call.ts';
import { type Phase, STATE_OF, TRANSITIONS } from './transitions.ts';

/**
 * A call as the function of the set of its events (I4): duplicates and order of arrival don't matter,
 * because events are put in one order first and every field takes the first word on it.
 * @param events at least one, all of one call
 */
export function reduceCall(events: readonly CallEvent[]): CallView {
  const ordered = toOrderedSet(events);
  const first = ordered[0];
  if (first === undefined) throw new RangeError('a call has at least one event');
  const requested = ordered.find((event) => event.type === 'call.requested');
  const dials = ordered.filter(isDialEvent);
  const callbacks = ordered.filter(isCallbackEvent);
  const { phase, phaseAt, legs } = followCall(ordered);
  const leg = toHolder(ordered, legs);
  const state = STATE_OF[phase];
  const endedAt = state === 'ended' ? phaseAt : null;
  const answeredAt = callbacks.find((event) => event.type === 'call.answered')?.at ?? null;
  const ofCall = callbacks.filter((event) => !isOfIdleLeg(event, legs));
  const durationSec =
    firstOf(ofCall, (event) => event.durationSec) ??
    // Nobody knows when a call ended that we closed for want of an end.
    (phase === 'reaped' ? null : toDuration(answeredAt, endedAt));
  const direction = toDirection(ordered);
  return {
    callId: first.callId,
    direction,
    state,
    ramal: leg?.ramal ?? null,
    user: leg?.user ?? null,
    peer: toPeer(
      requested?.peer ?? firstOf(callbacks, (event) => event.peer) ?? '',
      requested?.peerE164 ?? firstOf(callbacks, (event) => event.peerE164),
    ),
    origin: requested?.ramal ?? firstOf(callbacks, (event) => event.origin) ?? null,
    destination: requested?.peer ?? firstOf(callbacks, (event) => event.destination) ?? null,
    startedAt: uuidV7Time(first.callId),
    answeredAt,
    endedAt,
    durationSec,
    result:
      state === 'ended' ? toResult(phase, direction, dials, ofCall, answeredAt !== null, durationSec) : null,
    reason: callbacks.length > 0 ? null : (dials.findLast((event) => 'reason' in event)?.reason ?? null),
    recording: firstOf(callbacks, (event) => event.recording) ?? null,
    externalCallId:
      firstOf(ordered, (event) => ('externalCallId' in event ? event.externalCallId : undefined)) ?? null,
    intentId: dials[0]?.intentId ?? null,
    matchedBy: callbacks[0]?.matchedBy ?? null,
    context: requested?.context ?? null,
  };
}

/** How far the call has come, and its ends. */
export function toProgress(events: readonly CallEvent[]): CallProgress {
  return followCall(toOrderedSet(events));
}

/** The agents' ends of a call, the one that was known first in front, and what has become of each. */
export function toLegs(events: readonly CallEvent[]): CallLeg[] {
  return toProgress(events).legs;
}

export function toPhase(events: readonly CallEvent[]): Phase {
  return toProgress(events).phase;
}

/** The end of a phone that only rang says nothing of the conversation that another one had. */
function isOfIdleLeg(event: CallbackEvent, legs: readonly CallLeg[]): boolean {
  if (event.type !== 'call.ended' || isOfConversation(event) || !legs.some(({ answered }) => answered)) {
    return false;
  }
  return legs.some(({ ramal, calls, answered }) => ramal === event.ramal && !calls && !answered);
}

/** Is nothing more expected of the call but details? One we closed ourselves still waits for the CTI's word. */
export function isClosed(events: readonly CallEvent[]): boolean {
  const phase = toPhase(events);
  return phase !== 'reaped' && STATE_OF[phase] === 'ended';
}

/** Whose call it is: who dialled it, else who took it last, else who was called first. */
function toHolder(ordered: readonly CallEvent[], legs: readonly CallLeg[]): CallLeg | undefined {
  const dialler = ordered.find(isDialEvent)?.ramal;
  const taker = ordered.findLast((event) => event.type === 'call.answered' && event.ramal !== undefined);
  const holder = dialler ?? (taker !== undefined && 'ramal' in taker ? taker.ramal : undefined);
  return legs.find(({ ramal }) => ramal === holder) ?? legs[0];
}

/**
 * The call as one of its agents sees it: the other end as the peer; and over, once this agent has no part in it any
 * more, with who has it now as its user.
 */
export function toLegView(call: CallView, leg: CallLeg): CallView {
  const peer = toLegPeer(call, leg);
  if (leg.status === 'open' || call.state === 'ended') {
    return leg.status === 'elsewhere' ? call : { ...call, ramal: leg.ramal, user: leg.user, peer };
  }
  return leg.status === 'elsewhere'
    ? { ...call, state: 'ended', endedAt: leg.overAt, result: 'completed' }
    : {
        ...call,
        ramal: leg.ramal,
        user: leg.user,
        peer,
        state: 'ended',
        endedAt: leg.overAt,
        result: leg.answered ? 'completed' : 'missed',
      };
}

/** The other end, from one leg. */
export function toLegPeer(call: CallView, leg: Leg): CallView['peer'] {
  if (call.direction !== 'internal' || call.ramal === leg.ramal) return call.peer;
  const other = call.origin === leg.ramal ? call.destination : call.origin;
  return toPeer(other ?? '');
}

/** The far end as agents see it; shown the way people write it where its E.164 is known (R34). */
function toPeer(raw: string, e164: string | null = null): CallView['peer'] {
  return { raw, e164, display: e164 === null ? raw : toDisplayNumber(e164) };
}

/**
 * Sorts by when each fact became known, which is strictly increasing within a call (`toNextMoment`); of a fact told
 * twice the first word counts.
 */
function toOrderedSet(events: readonly CallEvent[]): CallEvent[] {
  const told = new Set<string>();
  return events
    .toSorted((a, b) => a.at - b.at || toRank(a) - toRank(b) || (a.eventId < b.eventId ? -1 : 1))
    .filter(({ eventId }) => !told.has(eventId) && told.add(eventId));
}

const PHASES = Object.keys(TRANSITIONS);

/** How far a fact alone brings a call; those that don't move it come last. */
function toRank({ type }: CallEvent): number {
  const reached = TRANSITIONS.untold[type];
  return reached === 'untold' ? PHASES.length : PHASES.indexOf(reached);
}

/** When the next fact about a call becomes known: by the clock, and never before or together with the one before it. */
export function toNextMoment(events: readonly CallEvent[], nowMs: number): number {
  return events.reduce((moment, { at }) => Math.max(moment, at + 1), nowMs);
}

/** What became of the call, from all that is known of it and not from the last word. */
function toResult(
  phase: Phase,
  direction: CallView['direction'],
  dials: readonly DialEvent[],
  callbacks: readonly CallbackEvent[],
  answered: boolean,
  durationSec: number | null,
): CallResult {
  const said = firstOf(callbacks, (event) => event.result);
  if (phase === 'reaped' && !callbacks.some(({ type }) => type === 'call.ended')) return 'unknown';
  if (callbacks.length > 0) {
    if (said === 'voicemail') return said;
    if (answered) return 'completed';
    if (said === 'no_answer' && direction === 'inbound') return 'missed';
    if (said !== undefined) return said;
    if (durationSec !== null && durationSec > 0) return 'completed';
    if (!callbacks.some((event) => event.type === 'call.ended')) return 'unknown';
    if (direction === 'inbound') return 'missed';
    return direction === 'unknown' ? 'unknown' : 'no_answer';
  }
  return dials.some((event) => event.type === 'dial.canceled') ? 'canceled' : 'failed';
}

/**
 * The moment of a fact that became known at `atMs` and could not be told until now: the first one from then on that no
 * other fact of the call has.
 */
export function toFreeMoment(events: readonly CallEvent[], atMs: number): number {
  const taken = new Set(events.map(({ at }) => at));
  let moment = atMs;
  while (taken.has(moment)) moment += 1;
  return moment;
}

function toDuration(answeredAt: number | null, endedAt: number | null): number | null {
  if (answeredAt === null || endedAt === null) return null;
  return Math.max(0, Math.round((endedAt - answeredAt) / 1000));
}

function firstOf<Event, Value>(
  events: readonly Event[],
  read: (event: Event) => Value | undefined,
): Value | undefined {
  for (const event of events) {
    const value = read(event);
    if (value !== undefined) return value;
  }
  return undefined;
}

function isDialEvent(event: CallEvent): event is DialEvent {
  return 'intentId' in event;
}

function isCallbackEvent(event: CallEvent): event is CallbackEvent {
  return 'matchedBy' in event;
}
