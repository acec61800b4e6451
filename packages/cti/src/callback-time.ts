/** The contract's longest call: a week. */
const MAX_DURATION_SEC = 604_800;
/** Brazil has had no daylight saving time since 2019; times without a zone are São Paulo's. */
const SAO_PAULO = '-03:00';
const MIN_MS = Date.UTC(2000, 0, 1);
const MAX_MS = Date.UTC(2100, 0, 1);

/** Seconds, `mm:ss` or `hh:mm:ss` as seconds; undefined for anything else and for more than a week. */
export function toDurationSec(value: string): number | undefined {
  const text = value.slice(0, 64).trim();
  const clock = /^(\d{1,3}):([0-5]?\d)(?::([0-5]?\d))?$/.exec(text);
  const seconds = clock
    ? clockSeconds(clock)
    : /^\d{1,7}(?:[.,]\d+)?$/.test(text)
      ? Number.parseInt(text, 10)
      : -1;
  return seconds >= 0 && seconds <= MAX_DURATION_SEC ? seconds : undefined;
}

function clockSeconds([, first, second, third]: RegExpExecArray): number {
  const [a, b, c] = [Number(first), Number(second), Number(third)];
  return third === undefined ? a * 60 + b : a * 3600 + b * 60 + c;
}

const EPOCH = /^(\d{9,14})(\.\d+)?$/;
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:T|\s+)(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d:?\d\d)?$/i;
const BRAZILIAN = /^(\d\d?)\/(\d\d?)\/(\d{4})(?:T|,?\s+)(\d\d?):(\d\d)(?::(\d\d))?$/i;

/**
 * A CTI's own time as ms since the epoch: epoch seconds or milliseconds, ISO 8601, `yyyy-mm-dd hh:mm:ss` or
 * `dd/mm/yyyy hh:mm:ss`. Without a zone it is taken as America/Sao_Paulo, UTC-3 all year. Undefined for anything else,
 * for dates that don't exist and for years outside 2000 to 2099.
 */
export function toCtiTimeMs(value: string): number | undefined {
  const text = value.slice(0, 64).trim();
  const ms = Math.trunc(fromEpoch(text) ?? fromIso(text) ?? fromBrazilian(text) ?? Number.NaN);
  return ms >= MIN_MS && ms < MAX_MS ? ms : undefined;
}

function fromEpoch(text: string): number | undefined {
  const digits = EPOCH.exec(text)?.[1];
  if (digits === undefined) return undefined;
  return digits.length <= 11 ? Number(text) * 1000 : Number(digits);
}

function fromIso(text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const ms = fraction === undefined ? 0 : Number(`0.${fraction}`) * 1000;
  return toMs([year, month, day, hour, minute, second], ms, zone ?? SAO_PAULO);
}

function fromBrazilian(text: string): number | undefined {
  const match = BRAZILIAN.exec(text);
  if (match === null) return undefined;
  const [, day, month, year, hour, minute, second] = match;
  return toMs([year, month, day, hour, minute, second], 0, SAO_PAULO);
}

/** NaN for a date or time that doesn't exist, such as 31/02 or 25:00. */
function toMs(parts: readonly (string | undefined)[], ms: number, zone: string): number {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map((part) =>
    Number(part ?? 0),
  );
  const local = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const exists =
    local.getUTCMonth() === month - 1 &&
    local.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  return exists ? local.getTime() + ms - zoneOffsetMs(zone) : Number.NaN;
}

function zoneOffsetMs(zone: string): number {
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
}
