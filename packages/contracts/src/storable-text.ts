/** What a text is refused with that `isStorableText` denies. */
export const UNSTORABLE = 'holds a NUL or half a surrogate pair, which no database stores';

/** PostgreSQL's text and JSON hold every character but NUL and lone surrogates. */
export function isStorableText(text: string): boolean {
  return !/[\0\p{Cs}]/u.test(text);
}
