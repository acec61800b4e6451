import { stripPunctuation } from '@ramal/contracts';
import { toCleanText } from './callback-text.ts';

/** What CTIs write where the caller withheld the number. */
const WITHHELD = new Set([
  'anonymous',
  'anonymous.invalid',
  'anonimo',
  'unknown',
  'desconhecido',
  'private',
  'privado',
  'restricted',
  'restrito',
  'unavailable',
  'indisponivel',
  'withheld',
  'null',
  'undefined',
  // Asterisk's name for "no number dialled".
  's',
]);

/**
 * A party as a callback names it (R26): `sip:3501@host`, `"Name" <4732100123>` and `PJSIP/3501-00ab` become the number
 * inside, punctuation goes, a withheld number is undefined. Other text (a queue's name) stays, capped at 64 characters.
 */
export function toPartyNumber(value: string): string | undefined {
  const text = toCleanText(value, 512);
  if (text === undefined) return undefined;
  const address = /<([^<>]*)>/.exec(text)?.[1] ?? text;
  const user = address
    .trim()
    .replace(/^(?:sips?|tel):/i, '')
    .replace(/[@;:].*$/, '');
  const channel = /^[a-z]\w*\/(\+?[0-9*#]+)(?:-.*)?$/i.exec(user)?.[1];
  const bare = stripPunctuation(channel ?? user);
  if (/^\+?[0-9*#]+$/.test(bare)) return bare.slice(0, 64);
  const plain = user.normalize('NFD').replace(/\p{M}/gu, '').trim().toLowerCase();
  return WITHHELD.has(plain) ? undefined : toCleanText(user, 64);
}
