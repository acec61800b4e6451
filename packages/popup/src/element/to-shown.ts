/** Beyond this nobody reads a number or a name. */
const MOST_SHOWN = 120;

/**
 * What a telephone system or another person wrote, as one line that shows what it holds (threat 10): no control characters, none
 * that turn the direction of the text around (a number could be made to read backwards), and not without end.
 */
export function toShown(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
  const letters = Array.from(plain);
  return letters.length > MOST_SHOWN ? `${letters.slice(0, MOST_SHOWN).join('')}…` : plain;
}
