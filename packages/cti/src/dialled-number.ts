import { DIALLABLE, stripPunctuation } from '@ramal/contracts';
import { NumberNotDiallableError } from './originate-errors.ts';
import type { CtiConfig } from './read-cti-row.ts';

/** What goes to the CTI as the number, and whether numero_linha was put before it. */
export interface DialledNumber {
  dialled: string;
  prefix: 'none' | 'linha';
}

/**
 * The number a CTI is asked to dial (R10, R21, R34, R35): punctuation out, then one literal prefix before external
 * numbers, nothing else. A leading `+` stays. Behind a prefix it would be a number that no network knows (`0+55…`),
 * so such a call is refused rather than guessed at.
 * @throws NumberNotDiallableError
 */
export function toDialledNumber(
  number: string,
  { linePrefix, skipIfPrefixed }: Pick<CtiConfig, 'linePrefix' | 'skipIfPrefixed'>,
  internal: boolean,
): DialledNumber {
  const bare = stripPunctuation(number);
  if (!DIALLABLE.test(bare)) {
    throw new NumberNotDiallableError('it must hold 2 to 20 digits, * or #, with an optional leading +');
  }
  const skip = internal || linePrefix === '' || (skipIfPrefixed && bare.startsWith(linePrefix));
  if (skip) return { dialled: bare, prefix: 'none' };
  const dialled = linePrefix + bare;
  if (!DIALLABLE.test(dialled)) {
    throw new NumberNotDiallableError('with its prefix it is too long or holds a + inside');
  }
  return { dialled, prefix: 'linha' };
}
