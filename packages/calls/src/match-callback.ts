import type { CallEvent, CallView, Direction, MatchedBy } from '@ramal/contracts';
import { isCallbackEvent, type Leg, reduceCall, toLegs } from './reduce-call.ts';
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
  result?: CallView['result'] | undefined;
  durationSec?: number | undefined;
  recording?: string | undefined;
  ctiAtMs?: number | undefined;
}

export interface Match {
  call: LiveCall;
  matchedBy: MatchedBy;
}

/** No call lasts longer; an open one older than this is not a candidate any more. */
const OPEN_WINDOW_MS = 4 * 60 * 60 * 1000;
/** A second `incoming` of the same numbers inside this time is the CTI repeating itself, after it a new call. */
const REPEAT_WINDOW_MS = 30 * 1000;
/** `answered` or a second `ended` that come after the end belong to a call that ended at most this long ago. */
const LATE_WINDOW_MS = 30 * 1000;
/** Recordings are made after the end and come when they are ready. */
const RECORDING_WINDOW_MS = 2 * 60 * 60 * 1000;

/**
 * Finds the call a callback speaks of (R46): by the CTI's own id, else by extension, number and direction
 * among the calls that may still get such a callback. The newest candidate wins.
 * @param candidates the recent calls of the callback's extensions, and the one its external id names
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
  const fitting = known
    .filter(
      ({ call, view }) => speaksOf(callback, call, view) && mayStillGet(callback.kind, call, view, nowMs),
    )
    .sort(
      (a, b) =>
        Number(b.view.state !== 'ended') - Number(a.view.state !== 'ended') ||
        b.view.startedAt - a.view.startedAt,
    );
  const best = fitting[0];
  return best === undefined ? null : { call: best.call, matchedBy: 'numbers' };
}

/** Same extension, same far end, directions that don't contradict, and not another call by the CTI's own word. */
function speaksOf(callback: Callback, call: LiveCall, view: CallView): boolean {
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
  return (
    callback.legs.some((leg) => legs.some(({ ramal }) => ramal === leg.ramal)) &&
    isSameNumber(callback.peer ?? '', view.peer.raw)
  );
}

/** Is this call in a state where such a callback is still to be expected? */
function mayStillGet(kind: CallbackKind, call: LiveCall, view: CallView, nowMs: number): boolean {
  const has = (type: CallEvent['type']) => call.events.some((event) => event.type === type);
  const ageMs = nowMs - view.startedAt;
  if (ageMs > OPEN_WINDOW_MS) return false;
  const sinceEndMs = view.endedAt === null ? null : nowMs - view.endedAt;
  // A dial that came to nothing, as far as we know: what the CTI tells much later is about another call.
  if (sinceEndMs !== null && !call.events.some(isCallbackEvent)) return sinceEndMs <= LATE_WINDOW_MS;
  switch (kind) {
    case 'incoming':
      if (has('call.incoming')) return ageMs <= REPEAT_WINDOW_MS;
      // Out of order: the other callbacks of this call overtook its first one. Or an internal call that
      // our own dial began, as its callee's CTI tells it.
      return view.direction === 'internal' ? sinceEndMs === null : ageMs <= LATE_WINDOW_MS;
    case 'answered':
      return sinceEndMs === null || sinceEndMs <= LATE_WINDOW_MS;
    case 'ended':
      return sinceEndMs === null || !has('call.ended') || sinceEndMs <= LATE_WINDOW_MS;
    case 'recording':
      return sinceEndMs === null || sinceEndMs <= RECORDING_WINDOW_MS;
  }
}
