import {
  type CallbackEvent,
  type CallEvent,
  type CallResult,
  type CallState,
  type CallView,
  type DialEvent,
  toDisplayNumber,
  uuidV7Time,
} from '@ramal/contracts';

/** One agent's end of a call; an internal call has two. */
export interface Leg {
  user: string | null;
  ramal: string;
}

/** How far each fact brings a call; facts not listed don't move it. */
const REACHED: Record<CallEvent['type'], CallState | null> = {
  'call.requested': 'queued',
  'dial.requesting': 'requesting',
  'dial.accepted': 'ringing',
  'dial.uncertain': 'requesting',
  'dial.failed': 'ended',
  'dial.expired': 'ended',
  'dial.canceled': 'ended',
  'call.incoming': 'ringing',
  'call.answered': 'answered',
  'call.ended': 'ended',
  'call.reaped': 'ended',
  'call.recording': null,
  'popup.seen': null,
  'popup.dismissed': null,
};

const STATES: readonly CallState[] = ['queued', 'requesting', 'ringing', 'answered', 'ended'];

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
  const leg = toLegs(ordered)[0];
  const { state, endedAt } = toProgress(ordered, dials, callbacks);
  const answeredAt = callbacks.find((event) => event.type === 'call.answered')?.at ?? null;
  const durationSec = firstOf(callbacks, (event) => event.durationSec) ?? toDuration(answeredAt, endedAt);
  const direction =
    requested?.direction ??
    firstOf(callbacks, (e) => (e.direction === 'unknown' ? undefined : e.direction)) ??
    'unknown';
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
      state === 'ended' ? toResult(direction, dials, callbacks, answeredAt !== null, durationSec) : null,
    reason: callbacks.length > 0 ? null : (dials.findLast((event) => 'reason' in event)?.reason ?? null),
    recording: firstOf(callbacks, (event) => event.recording) ?? null,
    externalCallId: firstOf(callbacks, (event) => event.externalCallId) ?? null,
    intentId: dials[0]?.intentId ?? null,
    matchedBy: callbacks[0]?.matchedBy ?? null,
    context: requested?.context ?? null,
  };
}

/** The agents' ends of a call, the one that was known first in front. */
export function toLegs(events: readonly CallEvent[]): Leg[] {
  const legs = new Map<string, Leg>();
  for (const event of toOrderedSet(events)) {
    if (!('ramal' in event) || event.ramal === undefined) continue;
    const user = event.user ?? legs.get(event.ramal)?.user ?? null;
    legs.set(event.ramal, { ramal: event.ramal, user });
  }
  return [...legs.values()];
}

/** The far end as agents see it; shown the way people write it where its E.164 is known (R34). */
export function toPeer(raw: string, e164: string | null = null): CallView['peer'] {
  return { raw, e164, display: e164 === null ? raw : toDisplayNumber(e164) };
}

/** Sorts by time, then by how far a fact brings the call, then by id; of a fact told twice the first word counts. */
function toOrderedSet(events: readonly CallEvent[]): CallEvent[] {
  const told = new Set<string>();
  return events
    .toSorted((a, b) => a.at - b.at || toRank(a) - toRank(b) || (a.eventId < b.eventId ? -1 : 1))
    .filter(({ eventId }) => !told.has(eventId) && told.add(eventId));
}

function toRank(event: CallEvent): number {
  const reached = REACHED[event.type];
  return reached === null ? STATES.length : STATES.indexOf(reached);
}

function toProgress(
  ordered: readonly CallEvent[],
  dials: readonly DialEvent[],
  callbacks: readonly CallbackEvent[],
): { state: CallState; endedAt: number | null } {
  const hangup = callbacks.find((event) => event.type === 'call.ended');
  if (hangup !== undefined) return { state: 'ended', endedAt: hangup.at };
  // A CTI that calls back about a call is the better witness than our own verdict that it never began. But a
  // recording tells of a call that is over: it opens none again.
  const witnesses: readonly CallEvent[] = callbacks.some((event) => REACHED[event.type] !== null)
    ? ordered.filter((event) => REACHED[event.type] !== 'ended')
    : ordered;
  const reached = witnesses.reduce((most, event) => {
    const state = REACHED[event.type];
    return state === null ? most : Math.max(most, STATES.indexOf(state));
  }, -1);
  // Only a recording is known: the call is over, however it went.
  if (reached === -1) return { state: 'ended', endedAt: ordered[0]?.at ?? null };
  const state = STATES[reached] ?? 'queued';
  const verdict = dials.find((event) => REACHED[event.type] === 'ended');
  return { state, endedAt: state === 'ended' ? (verdict?.at ?? null) : null };
}

/** What became of the call, from all that is known of it and not from the last word. */
function toResult(
  direction: CallView['direction'],
  dials: readonly DialEvent[],
  callbacks: readonly CallbackEvent[],
  answered: boolean,
  durationSec: number | null,
): CallResult {
  const said = firstOf(callbacks, (event) => event.result);
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

export function isCallbackEvent(event: CallEvent): event is CallbackEvent {
  return 'matchedBy' in event;
}
