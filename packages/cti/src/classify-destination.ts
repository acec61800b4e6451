import { type NumberingSettings, readNumber } from './normalize-number.ts';
import type { NumberReading } from './number-reading.ts';
import { toCallingCode, toValidKind } from './world-number.ts';

/** Where a string of digits leads, by the worst that a telephone system may make of it (threat 1). */
export interface DestinationClass {
  /** Police, ambulance and the other services of three digits: never denied. */
  service: boolean;
  /** Costs more than a call: premium rate, shared cost abroad, satellites. */
  premium: boolean;
  international: boolean;
  /** A number of the tenant's own country, beyond doubt. */
  home: boolean;
  reading: NumberReading;
  /** The number in E.164, or for what only may be one, what it would be; for comparing prefixes. */
  e164: readonly string[];
}

/** Brazil's 0300, 0303, 0500 and 0900 with or without country code. No mobile number begins with 90: collect calls do. */
const BRAZILIAN_PREMIUM = /^(?:55)?0?(?:30[03]|500|900)\d{6,7}$/;
/** The same behind zeros and a carrier's code; networks don't mind digits too many. */
const BRAZILIAN_PREMIUM_DIALLED =
  /^0+(?:(?:1[245]|2[1-35]|31|36|4[13]|[56]5|99)0*)?(?:55)?0*(?:30[03]|500|900)\d{6,}$/;
/** Satellites, networks of no country, and the world's premium numbers, which are nobody's friends and family. */
const SATELLITE = /^\+(?:87[08]|88[1238]|979)/;
/** Hardly a country's number is longer, without its country code. */
const MOST_HOME_DIGITS = 11;

/**
 * Classifies a number in any spelling.
 * @param bare digits, with an optional leading `+`
 */
export function classifyDestination(bare: string, numbering: NumberingSettings): DestinationClass {
  const reading = readNumber(bare, numbering);
  const { kind } = reading;
  const brazil = numbering.country === 'BR';
  const significant = bare.replace(/^\+?0*/, '');
  const service = kind === 'public_service' || isService(bare, brazil);
  const premiumAtHome =
    kind === 'premium' || (kind === 'shared_cost' && !brazil) || (brazil && isBrazilianPremium(bare));
  const base = { service, reading };
  if (service) return { ...base, premium: false, international: false, home: true, e164: [] };
  if (premiumAtHome) {
    const guess = brazil ? [`+55${significant.replace(/^55(?=\d{9,})/, '')}`] : [];
    return { ...base, premium: true, international: false, home: false, e164: known(reading, guess) };
  }
  if (kind === 'international') {
    const guesses = toForeignGuesses(bare);
    const valid = guesses.filter((guess) => toValidKind(guess) !== null);
    const e164 = known(reading, valid.length > 0 ? valid : guesses);
    return { ...base, premium: e164.some(isPremiumAbroad), international: true, home: false, e164 };
  }
  if (kind !== 'unknown') {
    return { ...base, premium: false, international: false, home: true, e164: known(reading, []) };
  }
  if (reading.e164 !== null) {
    return { ...base, premium: false, international: false, home: true, e164: [reading.e164] };
  }
  // Read by no plan. Many telephone systems take a country's code without `+` or `00`.
  const homeCode = toCallingCode(numbering.country);
  const abroad = toForeignGuesses(bare).filter((guess) => isForeign(guess, homeCode));
  const national = significant.startsWith(homeCode.slice(1))
    ? significant.slice(homeCode.length - 1)
    : significant;
  const tooLong = national.length > MOST_HOME_DIGITS && !reading.notes.includes('collect_call');
  const saysSo = bare.startsWith('+') && !bare.startsWith(homeCode);
  return {
    ...base,
    premium: abroad.some(isPremiumAbroad),
    international: abroad.length > 0 || tooLong || saysSo,
    home: false,
    e164: abroad,
  };
}

function known({ e164 }: NumberReading, guesses: readonly string[]): readonly string[] {
  return e164 === null ? guesses : [e164];
}

function isService(bare: string, brazil: boolean): boolean {
  return brazil ? /^0{0,2}1\d\d$/.test(bare) : /^[1-9]\d\d$/.test(bare);
}

function isBrazilianPremium(bare: string): boolean {
  if (bare.startsWith('+')) return bare.startsWith('+55') && BRAZILIAN_PREMIUM.test(bare.slice(1));
  return BRAZILIAN_PREMIUM.test(bare) || BRAZILIAN_PREMIUM_DIALLED.test(bare);
}

/** What a number may be abroad: as it stands, without zeros, and without zeros and a carrier's code. */
function toForeignGuesses(bare: string): string[] {
  if (bare.startsWith('+')) return [bare];
  const [zeros = ''] = /^0*/.exec(bare) ?? [];
  const rest = bare.slice(zeros.length);
  const behindCarrier = zeros === '' ? '' : rest.slice(2).replace(/^0+/, '');
  const behindIdd = /^011(?=[1-9])/.test(bare) ? bare.slice(3) : '';
  return [rest, behindCarrier, behindIdd].filter((digits) => digits.length > 6).map((digits) => `+${digits}`);
}

function isForeign(e164: string, homeCode: string): boolean {
  return SATELLITE.test(e164) || (!e164.startsWith(homeCode) && toValidKind(e164) !== null);
}

function isPremiumAbroad(e164: string): boolean {
  const kind = SATELLITE.test(e164) ? 'premium' : toValidKind(e164);
  return kind === 'premium' || kind === 'shared_cost';
}
