/** How many digits of a number stay to recognise it by. */
const SHOWN_DIGITS = 4;
/** From how many digits on a run is taken for a telephone number. */
const LEAST_DIGITS = 7;
const MAX_TEXT = 500;

/** What holds many digits and is no number: ids, keyed hashes, dates and times, IP addresses. */
const NO_NUMBER =
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|hmac:[\w:-]+|\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?|\d{1,3}(?:\.\d{1,3}){3}(?!\d)/;
const RUN = /\+?\p{Nd}(?:[\s().\-/_]*\p{Nd})*/u;
const TOKEN = new RegExp(`(${NO_NUMBER.source})|${RUN.source}`, 'giu');

/** A text fit for the audit log: short, and all but the last four digits of what may be a telephone number masked. */
export function toAuditText(text: string): string {
  const masked = text.slice(0, MAX_TEXT).replace(TOKEN, (run, noNumber: string | undefined) => {
    let left = run.replace(/\P{Nd}/gu, '').length - SHOWN_DIGITS;
    if (noNumber !== undefined || left + SHOWN_DIGITS < LEAST_DIGITS) return run;
    return run.replace(/\p{Nd}/gu, (digit) => (left-- > 0 ? '*' : digit));
  });
  // PostgreSQL's text holds every character but NUL and half a surrogate pair.
  return masked.replace(/\0|\p{Cs}/gu, '\ufffd');
}

/** The same of all texts in a value, names of fields too. */
export function toAuditValue(value: unknown): unknown {
  if (typeof value === 'string') return toAuditText(value);
  if (Array.isArray(value)) return value.map(toAuditValue);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, held]) => [toAuditText(name), toAuditValue(held)]),
    );
  }
  return value;
}
