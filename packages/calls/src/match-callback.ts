import type { CallEvent, CallView, DialReason, Direction, MatchedBy } from '@ramal/contracts';
import { toCallbackEventId } from './callback-event-id.ts';
import type { Leg } from './follow-call.ts';
import { reduceCall, toLegs, toPhase } from './reduce-call.ts';
import { isSameNumber } from './same-number.ts';

/** A call that Redis still holds: open, or ended a while ago. */
export interface LiveCall {
  callId: string;
  /** Counts the commits on this call; a commit names the one it was planned on. */
  version: number;
  events: readonly CallEvent[];
}

export type CallbackKind = 'incoming' | 'answered' | 'ended' | 'recording';

/** What a callback says, in our terms; undefined where it does not say. */
export interface Callback {
  kind: CallbackKind;
  direction: Direction;
  /** Our agents' ends the callback names: none when neither number is an extension we know. */
  legs: readonly Leg[];
  peer?: string | undefined;
  /** The peer in E.164, where the tenant opted into normalisation (R34). */
  peerE164?: string | undefined;
  origin?: string | undefined;
  destination?: string | undefined;
  externalCallId?: string | undefined;
  /** Our own call id, where the CTI was given it with the dial and sends it back. */
  ourCallId?: string | undefined;
  /** Extensions that ring together with the callback's own: a ring of any of them is the same call. */
  ringGroup?: readonly string[] | undefined;
  result?: CallView['result'] | undefined;
  durationSec?: number | undefined;
  recording?: string | undefined;
  ctiAtMs?: number | undefined;
}

export interface Match {
  call: LiveCall;
  matchedBy: MatchedBy;
}

/** A longer call was closed long ago; nothing that comes later is about it. */
const OPEN_WINDOW_MS = 24 * 60 * 60 * 1000;
/** A second `incoming` of the same numbers inside this time is the CTI repeating itself, after it a new call. */
const REPEAT_WINDOW_MS = 30 * 1000;
/** Once the call has ended, the same numbers ring again sooner: somebody dialled again. */
const ENDED_REPEAT_WINDOW_MS = 15 * 1000;
/** A callback that says nothing new is the same one told twice up to this long afterwards, whatever began meanwhile. */
const ECHO_WINDOW_MS = 10 * 1000;
/** The CTI's own times of two callbacks that are one differ by no more than what rounding to seconds makes. */
const SAME_CTI_TIME_MS = 1_000;
/** The phones of a group begin to ring within this time. */
const GROUP_WINDOW_MS = 30 * 1000;
/** `answered` or a second `ended` that come after the end belong to a call that ended at most this long ago. */
const LATE_WINDOW_MS = 30 * 1000;
/** Recordings are made after the end and come when they are ready. */
const RECORDING_WINDOW_MS = 2 * 60 * 60 * 1000;

/**
 * Finds the call a callback speaks of (R46): by the CTI's own id, by ours, else by extension, number and direction
 * among the calls that may still get such a callback. The newest candidate wins.
 * @param candidates the recent calls of the callback's extensions, and those its ids name
 * @returns null when the callback begins, or is the orphan of, a call we don't know
 */
export function matchCallback(
  callback: Callback,
  candidates: readonly LiveCall[],
  nowMs: number,
): Match | null {
  const known = candidates.map((call) => ({ call, view: reduceCall(call.events) }));
  if (callback.externalCallId !== undefined) {
    const named = known.find(({ view }) => view.externalCallId === callback.externalCallId);
    if (named !== undefined) return { call: named.call, matchedBy: 'external_id' };
  }
  if (callback.ourCallId !== undefined) {
    const ours = known.find(({ call }) => call.callId === callback.ourCallId);
    if (ours !== undefined) return { call: ours.call, matchedBy: 'intent' };
  }
  const fitting = known
    .filter(
      ({ call, view }) => speaksOf(callback, call, view, nowMs) && mayStillGet(callback, call, view, nowMs),
    )
    .map((one) => ({ ...one, echo: isEcho(callback, one.call, nowMs) }))
    .sort(
      (a, b) =>
        Number(b.echo) - Number(a.echo) ||
        Number(b.view.state !== 'ended') - Number(a.view.state !== 'ended') ||
        b.view.startedAt - a.view.startedAt,
    );
  const best = fitting[0];
  return best === undefined ? null : { call: best.call, matchedBy: 'numbers' };
}

/** Was this very callback told of the call a moment ago? */
function isEcho(callback: Callback, call: LiveCall, nowMs: number): boolean {
  const told = toCallbackEventId(call, callback);
  const event = call.events.find(({ eventId }) => eventId === told);
  return event !== undefined && nowMs - event.at <= ECHO_WINDOW_MS;
}

/** Same extension, same far end, directions that don't contradict, and not another call by the CTI's own word. */
function speaksOf(callback: Callback, call: LiveCall, view: CallView, nowMs: number): boolean {
  const { externalCallId, direction } = callback;
  if (externalCallId !== undefined && view.externalCallId !== null) return false;
  if (direction !== 'unknown' && view.direction !== 'unknown' && direction !== view.direction) return false;
  const legs = toLegs(call.events);
  if (callback.legs.length === 0) {
    // Neither number is ours to know: then both must be the same.
    return (
      legs.length === 0 &&
      isSameNumber(callback.origin ?? '', view.origin ?? '') &&
      isSameNumber(callback.destination ?? '', view.destination ?? '')
    );
  }
  if (direction === 'internal') {
    const ours = [view.origin, view.destination];
    return callback.legs.every(
      (leg) => ours.includes(leg.ramal) || legs.some(({ ramal }) => ramal === leg.ramal),
    );
  }
  const isOurs = callback.legs.some((leg) => legs.some(({ ramal }) => ramal === leg.ramal));
  return (
    (isOurs || ringsAlong(callback, legs, view, nowMs)) && isSameNumber(callback.peer ?? '', view.peer.raw)
  );
}

/** Is it another phone of the group that one call rings? */
function ringsAlong(callback: Callback, legs: readonly Leg[], view: CallView, nowMs: number): boolean {
  const { direction, ringGroup = [] } = callback;
  return (
    direction === 'inbound' &&
    legs.some(({ ramal }) => ringGroup.includes(ramal)) &&
    nowMs - view.startedAt <= GROUP_WINDOW_MS
  );
}

/** Is this call in a state where such a callback is still to be expected? */
function mayStillGet(callback: Callback, call: LiveCall, view: CallView, nowMs: number): boolean {
  const has = (type: CallEvent['type']) => call.events.some((event) => event.type === type);
  const ageMs = nowMs - view.startedAt;
  if (ageMs > OPEN_WINDOW_MS) return false;
  // A callback that is told late may find a call that began long after it was received: that is another one.
  if (ageMs < -LATE_WINDOW_MS) return false;
  const sinceEndMs = view.endedAt === null ? null : nowMs - view.endedAt;
  // A dial that came to nothing, as far as we know: what the CTI tells much later is about another call.
  if (toPhase(call.events) === 'gave_up') {
    return sinceEndMs !== null && sinceEndMs <= LATE_WINDOW_MS && !wasRefused(view, has);
  }
  switch (callback.kind) {
    case 'incoming':
      return has('call.incoming')
        ? isSameRing(callback, call, ageMs, sinceEndMs)
        : // Out of order: the other callbacks of this call overtook its first one. Or an internal call that
          // our own dial began, as its callee's CTI tells it.
          view.direction === 'internal' && sinceEndMs === null
          ? true
          : ageMs <= LATE_WINDOW_MS;
    case 'answered':
      return sinceEndMs === null || sinceEndMs <= LATE_WINDOW_MS;
    case 'ended':
      return sinceEndMs === null || !has('call.ended') || sinceEndMs <= LATE_WINDOW_MS;
    case 'recording':
      return sinceEndMs === null || sinceEndMs <= RECORDING_WINDOW_MS;
  }
}

const REFUSALS: ReadonlySet<string | null> = new Set([
  'destination_denied',
  'destination_premium',
  'destination_international',
  'dial_rate_exceeded',
  'dials_blocked',
] satisfies DialReason[]);

/** No CTI was ever asked: what it tells of these numbers is a call that somebody dials by hand all the same. */
function wasRefused(view: CallView, has: (type: CallEvent['type']) => boolean): boolean {
  return REFUSALS.has(view.reason) && !has('dial.requesting');
}

/** Does the CTI tell again that this call rings, or does somebody call again? */
function isSameRing(callback: Callback, call: LiveCall, ageMs: number, sinceEndMs: number | null): boolean {
  const rings = call.events.filter((event) => event.type === 'call.incoming');
  const ofLeg = rings.filter(({ ramal }) => callback.legs.some((leg) => leg.ramal === ramal));
  const { ctiAtMs } = callback;
  const told = ofLeg.flatMap(({ ctiAt }) => ctiAt ?? []);
  // The CTI's own clock knows best.
  if (ctiAtMs !== undefined && told.length > 0) {
    return told.some((ctiAt) => Math.abs(ctiAt - ctiAtMs) <= SAME_CTI_TIME_MS);
  }
  if (sinceEndMs === null) return ageMs <= REPEAT_WINDOW_MS;
  return sinceEndMs <= ECHO_WINDOW_MS && ageMs <= ENDED_REPEAT_WINDOW_MS;
}
