import { stripPunctuation } from '@ramal/contracts';

/** Public three-digit services: police 190, ambulance 192, fire brigade 193 … */
const PUBLIC_SERVICE = /^1\d\d$/;

/**
 * Whether a number is an internal ramal, which gets no prefix (R33): registered for a user of the tenant, or of at
 * most `ramalMaxDigits` digits and no public code. A PBX's star codes (`*65`) are internal by the same rule.
 */
export function isInternalRamal(
  number: string,
  { registered, ramalMaxDigits }: { registered: boolean; ramalMaxDigits: number },
): boolean {
  if (registered) return true;
  const bare = stripPunctuation(number);
  if (!/^[0-9*#]+$/.test(bare) || PUBLIC_SERVICE.test(bare)) return false;
  return bare.replace(/[*#]/g, '').length <= ramalMaxDigits;
}
