/** Digits enough to be somebody's number, with what people put between them. */
const NUMBER = /\d(?:[\s().-]{0,2}\d){4,}/g;
/** A variable's name is shorter; a token is not. */
const LONGEST = 32;

/**
 * A variable's name, or a status nobody knows, as a log may show it. A body that is no form is all name, so that a name
 * may be a number or a token: of those it says that there was one, and no more (I8).
 */
export function toLoggableText(text: string): string {
  const shown = text.replace(NUMBER, '…');
  return shown.length > LONGEST ? `${shown.slice(0, 4)}…` : shown;
}
