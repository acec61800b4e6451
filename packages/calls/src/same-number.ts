/** Digits compared between two spellings of one number: subscriber number with or without area code. */
const MOST_DIGITS = 10;
const LEAST_DIGITS = 8;

/**
 * Do two spellings name the same far end (R46)? Their last 8 to 10 digits decide, as many as both have,
 * so that prefixes (`0`, carrier, `+55`) don't matter, and neither does the ninth digit of a Brazilian mobile:
 * a number and what normalisation makes of it are one (R34). Shorter numbers (extensions, 190) must be equal, and
 * so must names (a queue, a SIP user). Two withheld numbers count as the same.
 */
export function isSameNumber(a: string, b: string): boolean {
  if (isName(a) || isName(b)) return toName(a) === toName(b);
  const left = toDigits(a);
  const right = toDigits(b);
  return (
    isSameTail(left, right) ||
    isSameTail(withoutNinthDigit(left), right) ||
    isSameTail(left, withoutNinthDigit(right))
  );
}

/** Mobiles that had 8 digits begin with 6 to 9 behind the 9 that was put before them. */
function withoutNinthDigit(digits: string): string {
  return digits.replace(/9(?=[6-9]\d{7}$)/, '');
}

function isSameTail(left: string, right: string): boolean {
  const digits = Math.min(MOST_DIGITS, left.length, right.length);
  if (digits < LEAST_DIGITS) return left === right;
  return left.slice(-digits) === right.slice(-digits);
}

/** Equal for any two spellings of one number: what calls with the same far end are found by. */
export function toPeerKey(number: string): string {
  return isName(number) ? toName(number) : toDigits(number).slice(-LEAST_DIGITS);
}

function isName(number: string): boolean {
  return /\p{L}/u.test(number);
}

function toName(number: string): string {
  return number.trim().toLowerCase();
}

function toDigits(number: string): string {
  return number.replace(/[^0-9*#]/g, '');
}
