import {
  type CountryCode,
  getCountryCallingCode,
  isSupportedCountry,
  type NumberType,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max';
import type { NumberKind, NumberReading } from './number-reading.ts';

const KINDS: Partial<Record<NonNullable<NumberType>, NumberKind>> = {
  FIXED_LINE: 'landline',
  FIXED_LINE_OR_MOBILE: 'landline',
  MOBILE: 'mobile',
  TOLL_FREE: 'toll_free',
  SHARED_COST: 'shared_cost',
  PREMIUM_RATE: 'premium',
};

/** Whether there is a numbering plan for this country: two capital letters, ISO 3166. */
export function isNumberingCountry(country: string): boolean {
  return isSupportedCountry(country);
}

/** `+` and the country's calling code, such as `+55`; "+" for a country without a numbering plan. */
export function toCallingCode(country: string): string {
  return `+${isSupportedCountry(country) ? getCountryCallingCode(country) : ''}`;
}

/** The kind of a number in E.164; null where no numbering plan has such a number. */
export function toValidKind(e164: string): NumberKind | null {
  const known = recent.get(e164);
  if (known !== undefined) return known;
  const phone = toPhone(e164);
  const kind = phone?.number === e164 ? toKind(phone) : null;
  if (recent.size >= MOST_RECENT) recent.clear();
  recent.set(e164, kind);
  return kind;
}

/** A dial asks twice for the kind of its number in each process, a call for that of its far end with each callback. */
const recent = new Map<string, NumberKind | null>();
const MOST_RECENT = 2_000;

/**
 * Reads a number by a country's plan, with its own trunk and international prefixes.
 * @param bare digits, with an optional leading `+`
 */
export function readWorldNumber(bare: string, country: string): NumberReading {
  const phone = isSupportedCountry(country) ? toPhone(bare, country) : null;
  if (phone === null || !isSupportedCountry(country)) {
    return { kind: 'unknown', e164: null, national: null, notes: [] };
  }
  const home = phone.countryCallingCode === getCountryCallingCode(country);
  const written = home ? phone.formatNational() : phone.format('IDD', { fromCountry: country });
  const national = (written ?? '').replace(/\D/g, '');
  // Some plans are dialled in several ways: what they'd read as another number is left as it was given.
  const dials = toPhone(national, country)?.number === phone.number;
  return {
    kind: home ? toKind(phone) : 'international',
    e164: phone.number,
    national: dials ? national : null,
    notes: [],
  };
}

function toPhone(number: string, country?: CountryCode): PhoneNumber | null {
  const options = { extract: false, ...(country === undefined ? {} : { defaultCountry: country }) };
  const phone = parsePhoneNumberFromString(number, options);
  return phone?.isValid() ? phone : null;
}

function toKind(phone: PhoneNumber): NumberKind {
  const type = phone.getType();
  return (type === undefined ? undefined : KINDS[type]) ?? 'unknown';
}
