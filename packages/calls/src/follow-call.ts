import type { CallbackEvent, CallEvent, Direction } from '@ramal/contracts';
import { type Phase, TRANSITIONS } from './transitions.ts';

/** One agent's end of a call; an internal call has two, a ring group as many as ring. */
export interface Leg {
  user: string | null;
  ramal: string;
}

/** A leg and what has become of it. */
export interface CallLeg extends Leg {
  /** Does this end call, or was it called? */
  calls: boolean;
  /** Has this very end taken the call? */
  answered: boolean;
  /** `elsewhere`: another end took the call while this one rang. `left`: its own end was told, whatever the others do. */
  status: 'open' | 'elsewhere' | 'left';
  /** When it left or the call went elsewhere, epoch ms. */
  overAt: number | null;
  /** The call had ended when this end of it became known. */
  late: boolean;
}

/** How far a call has come, and each of its ends. */
export interface CallProgress {
  phase: Phase;
  /** When it came to the phase, epoch ms. */
  phaseAt: number;
  /** The one that was known first in front. */
  legs: CallLeg[];
}

/**
 * A phone that begins to ring this soon after another end took the call rang along with it, and its callback was late;
 * after that the call was handed on to it.
 */
const LATE_RING_MS = 5_000;

/**
 * Follows a call through its facts.
 * @param ordered at least one, each once, in the order they became known
 */
export function followCall(ordered: readonly CallEvent[]): CallProgress {
  const legs = new Map<string, CallLeg>();
  // As far as it is known at each fact, so that what is learned later never undoes an end.
  let direction: Direction = 'unknown';
  let phase: Phase = 'untold';
  let phaseAt = ordered[0]?.at ?? 0;
  let endAt: number | null = null;
  let takenAt: number | null = null;
  for (const event of ordered) {
    direction = toDirectionNow(direction, event);
    const known = legs.size;
    takenAt = moveLegs(legs, event, takenAt);
    if (phase === 'ended') for (const leg of [...legs.values()].slice(known)) leg.late = true;
    let to: Phase = TRANSITIONS[phase][event.type];
    if (event.type === 'call.ended') {
      endAt = event.at;
      // One of several ends is over: the call goes on at the others.
      if (isEndOfLegOnly(event, direction, legs)) to = phase;
    } else if (endAt !== null && phase !== 'ended' && !hasOpenLeg(legs, direction)) {
      // The end of one leg was told before it was known that the others are over.
      to = 'ended';
    }
    if (to !== phase) phaseAt = to === 'ended' ? (endAt ?? event.at) : event.at;
    phase = to;
  }
  return { phase, phaseAt, legs: [...legs.values()] };
}

/** What is known of the direction: a dial knows its own, else the first callback that could tell. */
export function toDirection(ordered: readonly CallEvent[]): Direction {
  return ordered.reduce<Direction>(toDirectionNow, 'unknown');
}

function toDirectionNow(known: Direction, event: CallEvent): Direction {
  if (event.type === 'call.requested') return event.direction;
  return known === 'unknown' && 'direction' in event ? event.direction : known;
}

/** Lets the legs go the step of one fact; returns when an end that was called took the call, epoch ms. */
function moveLegs(legs: Map<string, CallLeg>, event: CallEvent, takenAt: number | null): number | null {
  if (!('ramal' in event) || event.ramal === undefined) return takenAt;
  const isCallback = 'matchedBy' in event;
  const calls = !isCallback || event.direction === 'outbound';
  const leg = toLeg(legs, event.ramal, event.user, calls);
  if (isCallback && event.caller !== undefined) {
    toLeg(legs, event.caller.ramal, event.caller.user, true);
  }
  if (!isCallback || leg.calls) return takenAt;
  switch (event.type) {
    case 'call.incoming':
      ring(leg, event.at, takenAt);
      return takenAt;
    case 'call.answered':
      leg.answered = true;
      if (leg.status === 'elsewhere') reopen(leg);
      for (const other of legs.values()) {
        if (other !== leg && !other.calls && !other.answered) leaveTo(other, 'elsewhere', event.at);
      }
      return event.at;
    case 'call.ended':
      leaveTo(leg, 'left', event.at);
      return takenAt;
    case 'call.recording':
      return takenAt;
  }
}

function toLeg(legs: Map<string, CallLeg>, ramal: string, user: string | undefined, calls: boolean): CallLeg {
  const known = legs.get(ramal);
  if (known !== undefined) {
    known.user ??= user ?? null;
    return known;
  }
  const leg: CallLeg = {
    ramal,
    user: user ?? null,
    calls,
    answered: false,
    status: 'open',
    overAt: null,
    late: false,
  };
  legs.set(ramal, leg);
  return leg;
}

/** A phone rings that rang before, or that the call was handed on to; or its callback is only late. */
function ring(leg: CallLeg, at: number, takenAt: number | null): void {
  if (leg.answered) return;
  const overAt = leg.overAt ?? takenAt;
  if (overAt === null) return;
  if (at - overAt > LATE_RING_MS) reopen(leg);
  else leaveTo(leg, 'elsewhere', overAt);
}

function leaveTo(leg: CallLeg, status: 'elsewhere' | 'left', at: number): void {
  if (leg.status !== 'open') return;
  leg.status = status;
  leg.overAt = at;
}

function reopen(leg: CallLeg): void {
  leg.status = 'open';
  leg.overAt = null;
}

/**
 * Does this end speak of one of several phones alone? So it is where others still ring or talk, unless who called has
 * hung up, or it tells of a conversation that this phone never had: then it is the whole call's.
 */
function isEndOfLegOnly(
  event: CallbackEvent,
  direction: Direction,
  legs: ReadonlyMap<string, CallLeg>,
): boolean {
  const leg = event.ramal === undefined ? undefined : legs.get(event.ramal);
  if (leg === undefined || leg.calls || !hasOpenLeg(legs, direction)) return false;
  return !(isOfConversation(event) && !leg.answered && hasAnswered(legs));
}

/** Does this end tell that somebody talked? */
export function isOfConversation(event: CallbackEvent): boolean {
  return event.result === 'completed' || (event.durationSec ?? 0) > 0;
}

/** Is there still a phone that rings or talks? Only calls that come in, from outside or inside, can have several. */
function hasOpenLeg(legs: ReadonlyMap<string, CallLeg>, direction: Direction): boolean {
  if (direction !== 'inbound' && direction !== 'internal') return false;
  return [...legs.values()].some((leg) => !leg.calls && leg.status === 'open');
}

function hasAnswered(legs: ReadonlyMap<string, CallLeg>): boolean {
  return [...legs.values()].some((leg) => leg.answered);
}
