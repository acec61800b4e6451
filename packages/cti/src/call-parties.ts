import { ramal as ramalSchema } from '@ramal/contracts';
import type { CallbackFacts } from './callback-facts.ts';

/** A ramal of the tenant and the user it is registered for. */
export interface RamalOwner {
  ramal: string;
  user: string;
}

/** What the tenant's directory says about a number. */
export interface NumberDirectory {
  ramalOf: (number: string) => RamalOwner | undefined;
  /** The guess for numbers nobody registered, by their shape (R33). */
  isInternal: (number: string) => boolean;
}

/** Whose call it is, and who is at the far end (R44, R45). `peer` is absent where withheld. */
export type CallParties =
  | { direction: 'inbound' | 'outbound'; ramal?: string; user?: string; peer?: string }
  /** `ramal`, `user` and `peer` are told from the called side; who is registered is in `caller` and `callee`. */
  | {
      direction: 'internal';
      ramal?: string;
      user?: string;
      peer?: string;
      caller?: RamalOwner;
      callee?: RamalOwner;
    }
  | { direction: 'unknown' };

/**
 * Tells the direction of a call from its two numbers: what is registered in the tenant counts first, the shape of the
 * numbers only where neither is.
 */
export function identifyParties(
  { origin, destination }: Pick<CallbackFacts, 'origin' | 'destination'>,
  { ramalOf, isInternal }: NumberDirectory,
): CallParties {
  const caller = origin === undefined ? undefined : ramalOf(origin);
  const callee = destination === undefined ? undefined : ramalOf(destination);
  if (caller !== undefined && callee !== undefined) {
    return { direction: 'internal', ...callee, ...toPeer(origin), caller, callee };
  }
  if (callee !== undefined) return { direction: 'inbound', ...callee, ...toPeer(origin) };
  if (caller !== undefined) return { direction: 'outbound', ...caller, ...toPeer(destination) };

  const fromInside = origin !== undefined && isInternal(origin);
  const toInside = destination !== undefined && isInternal(destination);
  if (fromInside && toInside) return { direction: 'internal', ...toRamal(destination), ...toPeer(origin) };
  if (toInside) return { direction: 'inbound', ...toRamal(destination), ...toPeer(origin) };
  if (fromInside) return { direction: 'outbound', ...toRamal(origin), ...toPeer(destination) };
  return { direction: 'unknown' };
}

function toPeer(number: string | undefined): { peer?: string } {
  return number === undefined ? {} : { peer: number };
}

/** An extension that no user is registered for; left out where it is none by the contract. */
function toRamal(number: string): { ramal?: string } {
  return ramalSchema.safeParse(number).success ? { ramal: number } : {};
}
