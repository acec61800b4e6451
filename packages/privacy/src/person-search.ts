import { findPerson, type Person } from '@ramal/calls';
import { type FoundCall, type PersonHint, type Queryable, searchCalls, type SearchPlace } from '@ramal/store';

/** Calls of a person, found one page after the other. */
export interface PersonPage {
  calls: FoundCall[];
  looked: number;
  next: SearchPlace | null;
}

const PAGE = 500;
const TAIL_DIGITS = 8;

/** What a search goes by: all spellings of a number share its last eight digits. */
export function toHint(person: Person): PersonHint {
  if (person.kind === 'user') return { text: person.user };
  if (/\p{L}/u.test(person.number)) return { text: person.number.trim() };
  return { digits: person.number.replace(/\D/g, '').slice(-TAIL_DIGITS) };
}

/**
 * Where a tenant's dead letters lie: what could not even be read lies in the shared database, also of a tenant whose calls
 * are stored in one of its own (R42).
 */
export function toLetterStores<Held extends Queryable>(shared: Held, history: Held): Held[] {
  return shared === history ? [history] : [history, shared];
}

/** The calls among the tenant's next ones that do speak of the person. */
export async function searchPerson(
  store: Queryable,
  tenant: string,
  person: Person,
  after: SearchPlace | null,
  limit = PAGE,
): Promise<PersonPage> {
  const { found, looked, next } = await searchCalls(store, tenant, toHint(person), { after, limit });
  return { calls: found.filter(({ events }) => findPerson(events, person).size > 0), looked, next };
}

/** The place as a text for clients to hand back. */
export function toPlaceText(place: SearchPlace): string {
  return Buffer.from(JSON.stringify([place.startedAt, place.callId])).toString('base64url');
}

/** The cursor was not made by us; `code` is stable. */
export class PlaceInvalidError extends Error {
  readonly code = 'cursor_invalid';
  override readonly name = 'PlaceInvalidError';
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\d [\d:.]{8,15}[+-]\d\d(?::?\d\d)?$/;

/** @throws PlaceInvalidError */
export function parsePlace(text: string): SearchPlace {
  try {
    const [startedAt, callId] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    if (
      typeof startedAt === 'string' &&
      TIME.test(startedAt) &&
      typeof callId === 'string' &&
      UUID.test(callId)
    ) {
      return { startedAt, callId };
    }
  } catch {
    // Not even JSON: told below.
  }
  throw new PlaceInvalidError('the cursor is not one of ours');
}
