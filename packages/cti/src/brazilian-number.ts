import type { NumberingSettings } from './normalize-number.ts';
import type { NumberKind, NumberNote, NumberReading } from './number-reading.ts';
import { toValidKind } from './world-number.ts';

/** Police 190, ambulance 192 … and the operators' own desks, 103XX, 105X and 106XX. */
const PUBLIC_SERVICE = /^1(?:\d\d|03\d\d|05\d|06\d\d)$/;
/** Collect calls: `9090` and a local number, or `90`, carrier, DDD and number. */
const COLLECT = /^90(?:90\d{8,9}|[1-9]\d[1-9]{2}\d{8,9})$/;
/** 0800, 0300, 0303, 0500 and 0900, with the `0` people leave out where nothing else can be meant. */
const NON_GEOGRAPHIC = /^(?:0(?=\d{9,10}$)|(?=\d{10}$)|(?=[358]\d{8}$))((800|30[03]|500|900)\d{6,7})$/;
/** Optional `0` and carrier code, DDD, and a number of 8 or 9 digits. */
const LONG_DISTANCE = /^(?:(0)([1-9]\d)?)?([1-9]{2})(\d{8,9})$/;
const LOCAL = /^(0?)(\d{8,9})$/;
/** The country code of somebody who left its `+` out; numbers of DDD 55 are two digits shorter. */
const WITHOUT_PLUS = /^55(?=[1-9]{2}\d{8,9}$)/;
/** Carriers with a code of their own for calls abroad. */
const CARRIER = /^(?:1[245]|2[1-35]|31|4[13]|[56]5|99)/;

/**
 * Reads a number by the Brazilian plan: DDD, ninth digit, carrier codes, and the services that have none of them.
 * @param bare digits, with an optional leading `+`
 */
export function readBrazilianNumber(bare: string, settings: NumberingSettings): NumberReading {
  if (bare.startsWith('+55')) return readHome(bare.slice(3), settings, []);
  if (bare.startsWith('+')) return toInternational(bare.slice(1), settings, []);
  // An outside line's 0 before 0800 and the like, which no country's code begins with.
  if (bare.startsWith('00') && !NON_GEOGRAPHIC.test(bare.slice(1)))
    return readAbroad(bare.slice(2), settings);
  if (bare.startsWith('00')) return readNational(bare.slice(1), settings, ['trunk_zero_removed']);
  if (WITHOUT_PLUS.test(bare)) return readHome(bare.slice(2), settings, []);
  return readNational(bare, settings, []);
}

/** What follows `00`: a carrier's code and a country's, or, as elsewhere in the world, the country's at once. */
function readAbroad(rest: string, settings: NumberingSettings): NumberReading {
  if (rest.startsWith('55') && isNumber(rest)) return readCountry(rest, settings, []);
  const own = settings.carrierCode;
  const behindCarrier = rest.slice(2);
  if (own !== '' && rest.startsWith(own) && isNumber(behindCarrier)) {
    return readCountry(behindCarrier, settings, ['carrier_code_removed']);
  }
  const anyCarrier = CARRIER.test(rest) && isNumber(behindCarrier);
  // Norway's 0047 32100123 is also an outside line's 0 before 0 47 3210-0123: not ours to guess.
  const ambiguous = isNumber(rest) && (anyCarrier || isNumber(`55${rest}`));
  if (ambiguous) return unread('international', ['ambiguous']);
  return anyCarrier
    ? readCountry(behindCarrier, settings, ['carrier_code_removed'])
    : readCountry(rest, settings, []);
}

function isNumber(digits: string): boolean {
  return toValidKind(`+${digits}`) !== null;
}

function readCountry(digits: string, settings: NumberingSettings, notes: NumberNote[]): NumberReading {
  return digits.startsWith('55') && isNumber(digits)
    ? readHome(digits.slice(2), settings, notes)
    : toInternational(digits, settings, notes);
}

/** What follows +55. Services are written without their 0 there, and mobiles never without a DDD. */
function readHome(digits: string, settings: NumberingSettings, notes: NumberNote[]): NumberReading {
  const service = NON_GEOGRAPHIC.test(`0${digits}`);
  return readNational(service ? `0${digits}` : digits, settings, [...notes, 'country_code_removed']);
}

function toInternational(digits: string, settings: NumberingSettings, notes: NumberNote[]): NumberReading {
  if (!isNumber(digits)) return unread('international', []);
  const { carrierCode } = settings;
  // Behind a carrier's 55, Norway's 47 32100123 would be Santa Catarina's 55 47 3210-0123.
  const ambiguous = carrierCode === '55' && isNumber(`55${digits}`);
  const withCarrier = carrierCode !== '' && !ambiguous;
  return {
    kind: 'international',
    e164: `+${digits}`,
    // Nobody gets out of Brazil without a carrier's code: what to do with the number is left to the PBX then.
    national: withCarrier ? `00${carrierCode}${digits}` : null,
    notes: [...notes, ...note('carrier_code_added', withCarrier)],
  };
}

function readNational(digits: string, settings: NumberingSettings, notes: NumberNote[]): NumberReading {
  if (PUBLIC_SERVICE.test(digits)) return unread('public_service', []);
  if (COLLECT.test(digits)) return unread('unknown', ['collect_call']);
  const [, service, series] = NON_GEOGRAPHIC.exec(digits) ?? [];
  if (service !== undefined) {
    const kind = series === '800' ? 'toll_free' : 'premium';
    return { kind, e164: toE164(service), national: `0${service}`, notes };
  }
  const [, zero, carrier, areaCode, number] = LONG_DISTANCE.exec(digits) ?? [];
  if (areaCode !== undefined && number !== undefined) {
    return toGeographic(areaCode, number, settings, [
      ...notes,
      ...note('trunk_zero_removed', zero !== undefined),
      ...note('carrier_code_removed', carrier !== undefined),
    ]);
  }
  const [, localZero, local] = LOCAL.exec(digits) ?? [];
  if (local === undefined) return unread('unknown', []);
  return readLocal(local, settings, [...notes, ...note('trunk_zero_removed', localZero !== '')]);
}

/** 8 or 9 digits: a nation-wide number such as 4004-1234, or one of the tenant's own DDD. */
function readLocal(local: string, settings: NumberingSettings, notes: NumberNote[]): NumberReading {
  const nationWide = toE164(local);
  if (nationWide !== null && toValidKind(nationWide) === 'shared_cost') {
    return { kind: 'shared_cost', e164: nationWide, national: local, notes };
  }
  const { areaCode } = settings;
  if (areaCode !== '') return toGeographic(areaCode, local, settings, [...notes, 'area_code_added']);
  const subscriber = toSubscriber(local);
  if (subscriber === null) return unread('unknown', []);
  const { number, kind, added } = subscriber;
  return { kind, e164: null, national: number, notes: [...notes, ...added, 'area_code_missing'] };
}

function toGeographic(
  areaCode: string,
  written: string,
  settings: NumberingSettings,
  notes: NumberNote[],
): NumberReading {
  const subscriber = toSubscriber(written);
  if (subscriber === null) return unread('unknown', []);
  const { number, kind, added } = subscriber;
  const e164 = toE164(areaCode + number);
  if (e164 === null) return unread('unknown', []);
  const { carrierCode } = settings;
  const withCarrier = carrierCode !== '' && areaCode !== settings.areaCode;
  return {
    kind,
    e164,
    national: withCarrier ? `0${carrierCode}${areaCode}${number}` : areaCode + number,
    notes: [...notes, ...added, ...note('carrier_code_added', withCarrier)],
  };
}

/** Landlines begin with 2 to 5. Mobiles did with 6 to 9, until a 9 was put before all of them by 2016. */
function toSubscriber(written: string): { number: string; kind: NumberKind; added: NumberNote[] } | null {
  if (/^9\d{8}$/.test(written)) return { number: written, kind: 'mobile', added: [] };
  if (/^[6-9]\d{7}$/.test(written)) {
    return { number: `9${written}`, kind: 'mobile', added: ['ninth_digit_added'] };
  }
  return /^[2-5]\d{7}$/.test(written) ? { number: written, kind: 'landline', added: [] } : null;
}

/** Null for a number that Brazil doesn't have, such as one of a DDD that was never given out. */
function toE164(nationalNumber: string): string | null {
  const e164 = `+55${nationalNumber}`;
  return toValidKind(e164) === null ? null : e164;
}

function unread(kind: NumberKind, notes: NumberNote[]): NumberReading {
  return { kind, e164: null, national: null, notes };
}

function note(name: NumberNote, applies: boolean): NumberNote[] {
  return applies ? [name] : [];
}
