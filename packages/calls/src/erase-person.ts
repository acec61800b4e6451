import { type CallbackEvent, type CallContext, type CallEvent, ERASED } from '@ramal/contracts';
import { mentionsNumber } from './mentions-number.ts';
import { isSameNumber } from './same-number.ts';

/** Whom data is about (LGPD, art. 18): who has a number, or a user of the tenant. */
export type Person = { kind: 'number'; number: string } | { kind: 'user'; user: string };

/**
 * How a call speaks of a person: as its far end, whose call it then is; in a text somebody attached to another's call; or
 * as one of the agents who had a part in it.
 */
export type Part = 'far_end' | 'mention' | 'user';

/** How a call's events speak of a person; empty where they don't. */
export function findPerson(events: readonly CallEvent[], person: Person): ReadonlySet<Part> {
  const parts = new Set<Part>();
  for (const event of events) {
    if (person.kind === 'user') {
      if (toUsers(event).includes(person.user)) parts.add('user');
    } else if (toNumbers(event).some((number) => isSameNumber(number, person.number))) parts.add('far_end');
    else if (toTexts(event).some((text) => mentionsNumber(text, person.number))) parts.add('mention');
  }
  return parts;
}

/** The events of a call without the person; ids, times, order and what became of the call stay (I4). */
export function erasePerson(events: readonly CallEvent[], person: Person): CallEvent[] {
  const parts = findPerson(events, person);
  return events.map((event) => {
    if (parts.has('far_end')) return eraseFarEnd(event);
    if (person.kind === 'user')
      return parts.has('user') ? eraseUsers(event, ({ user }) => user === person.user) : event;
    return parts.has('mention') ? eraseMentions(event, person.number) : event;
  });
}

/** Was this call's far end erased? Whatever else becomes known of it is to be erased too. */
export function isFarEndErased(events: readonly CallEvent[]): boolean {
  return events.some((event) => toNumbers(event).includes(ERASED));
}

/**
 * One event of a call whose far end is erased, without it: number, what the CRM attached, and the link to the recording,
 * in which a voice is. Does nothing to an event that was erased before.
 */
export function eraseFarEnd<Event extends CallEvent>(event: Event): Event {
  const numbers = toNumbers(event);
  if (numbers.includes(ERASED)) return event;
  const kept = withoutLinks(event, (text) =>
    numbers.some((number) => isNumber(number) && mentionsNumber(text, number)),
  );
  if (event.type === 'call.requested') return without({ ...kept, peer: ERASED }, 'peerE164', 'context');
  if (!isCallback(event)) return kept;
  const own = [event.ramal, event.caller?.ramal];
  const isTheirs = (number: string): boolean => {
    if (number === '' || own.includes(number)) return false;
    return event.peer === undefined || isSameNumber(number, event.peer);
  };
  const erased = { ...kept } as Event & CallbackEvent;
  for (const field of ['peer', 'origin', 'destination'] as const) {
    const number = event[field];
    if (number !== undefined && isTheirs(number)) erased[field] = ERASED;
  }
  return without(erased, 'peerE164', 'recording');
}

/**
 * A word that comes late on a call that one of its users was erased from: whoever is not among the users that are known
 * otherwise may be the one.
 */
export function eraseLateUsers(event: CallEvent, known: ReadonlySet<string>): CallEvent {
  return eraseUsers(event, ({ user }) => !known.has(user));
}

/** The users that an event names. */
export function toUsers(event: CallEvent): string[] {
  const named = 'user' in event && event.user !== undefined ? [event.user] : [];
  const caller = isCallback(event) ? event.caller?.user : undefined;
  return caller === undefined ? named : [...named, caller];
}

function eraseUsers(event: CallEvent, isErased: (one: { user: string }) => boolean): CallEvent {
  let erased = event;
  if ('user' in event && event.user !== undefined && isErased({ user: event.user })) {
    erased = { ...event, user: ERASED };
  }
  if (isCallback(erased) && erased.caller?.user !== undefined && isErased({ user: erased.caller.user })) {
    erased = { ...erased, caller: { ...erased.caller, user: ERASED } };
  }
  return erased;
}

/** Another's call: only the texts that hold the number go. */
function eraseMentions(event: CallEvent, number: string): CallEvent {
  const holds = (text: string) => mentionsNumber(text, number);
  const kept = withoutLinks(event, holds);
  if (kept.type === 'call.requested' && kept.context !== undefined) {
    const context: CallContext = Object.fromEntries(
      Object.entries(kept.context).flatMap(([name, text]) =>
        holds(name) ? [] : [[name, holds(text) ? ERASED : text]],
      ),
    );
    return { ...kept, context };
  }
  return isCallback(kept) && kept.recording !== undefined && holds(kept.recording)
    ? without(kept, 'recording')
    : kept;
}

/** Ids that others chose may be made of a number. */
function withoutLinks<Event extends CallEvent>(event: Event, holds: (text: string) => boolean): Event {
  let kept = event;
  if ('externalCallId' in event && event.externalCallId !== undefined && holds(event.externalCallId)) {
    kept = without(kept, 'externalCallId');
  }
  if ('intentId' in event && holds(event.intentId)) kept = { ...kept, intentId: 'erased' };
  return kept;
}

function toNumbers(event: CallEvent): string[] {
  if (event.type === 'call.requested') return present(event.peer, event.peerE164);
  return isCallback(event) ? present(event.peer, event.peerE164, event.origin, event.destination) : [];
}

function toTexts(event: CallEvent): string[] {
  const texts = present(
    'externalCallId' in event ? event.externalCallId : undefined,
    'intentId' in event ? event.intentId : undefined,
    isCallback(event) ? event.recording : undefined,
  );
  return event.type === 'call.requested' ? [...texts, ...Object.entries(event.context ?? {}).flat()] : texts;
}

function present(...texts: (string | undefined)[]): string[] {
  return texts.filter((text): text is string => text !== undefined && text !== '');
}

/** Seven digits at least: extensions and public codes in a text are everybody's. */
function isNumber(text: string): boolean {
  return text.replace(/\D/g, '').length >= 7;
}

function isCallback(event: CallEvent): event is CallbackEvent {
  return 'matchedBy' in event;
}

function without<Event extends CallEvent>(event: Event, ...fields: string[]): Event {
  return Object.fromEntries(Object.entries(event).filter(([name]) => !fields.includes(name))) as Event;
}
