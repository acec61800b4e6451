/** Runs of at least 7 digits, however they are written, are taken for a number. */
const LEAST_DIGITS = 7;
/** How many digits of a number stay to recognise it by. */
const SHOWN_DIGITS = 4;

/** Digits with what people, file names and URLs put between them; an IPv4 address with its scheme is none. */
const RUN =
  /:\/\/\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?=[/?#]|$)|\p{Nd}(?:(?:%[0-9a-f]{2}|[\s().\-/_+,])*\p{Nd})*/giu;

/** A text that is a number: all digits but the last four are hidden. */
export function maskNumber(number: string): string {
  let left = number.replace(/\P{Nd}/gu, '').length - SHOWN_DIGITS;
  return number.replace(/\p{Nd}/gu, (digit) => (left-- > 0 ? '*' : digit));
}

/** A text that may hold numbers: all digits of each but the last four are hidden. */
export function maskNumbersIn(text: string): string {
  return text.replace(RUN, (run) => {
    const isNumber = !run.startsWith('://') && run.replace(/\P{Nd}/gu, '').length >= LEAST_DIGITS;
    return isNumber ? maskNumber(run) : run;
  });
}
