import type { CallEvent } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import { type Principal, toOwnUser } from './principal.ts';
import { toCall } from './read-call.ts';

/** How many digits of a number stay to recognise it by, and to search for. */
const SHOWN_DIGITS = 4;

/** Sees this principal whole numbers of calls that this user had? */
export function seesNumbersOf(principal: Principal, user: string | null): boolean {
  return principal.rights.has('numbers:show') || (user !== null && user === toOwnUser(principal));
}

/** Sees this principal the whole numbers of this call? An agent does, of calls it has a part in. */
export function seesNumbersIn(principal: Principal, facts: readonly CallEvent[]): boolean {
  const own = toOwnUser(principal);
  return principal.rights.has('numbers:show') || (own !== null && toCall(facts, own) !== null);
}

/**
 * Who is shown four digits of a number may search for four: with more, numbers could be guessed digit by digit.
 * @throws WireError forbidden
 */
export function requireSearchable(
  principal: Principal,
  number: string | undefined,
  user: string | undefined,
): void {
  if (number === undefined || seesNumbersOf(principal, user ?? null)) return;
  if (number.replace(/\D/g, '').length > SHOWN_DIGITS) {
    throw new WireError('forbidden', 'a search for more than 4 digits takes the right numbers:show');
  }
}
