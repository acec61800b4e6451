import { stripPunctuation } from '@ramal/contracts';
import { readBrazilianNumber } from './brazilian-number.ts';
import type { CompleteCtiSettings } from './cti-settings.ts';
import { isInternalRamal } from './internal-ramal.ts';
import type { NumberReading } from './number-reading.ts';
import { readWorldNumber } from './world-number.ts';

/** What of a tenant's settings decides how numbers are read; `normalize` false leaves them alone (R34). */
export type NumberingSettings = Pick<
  CompleteCtiSettings,
  'normalize' | 'country' | 'areaCode' | 'carrierCode' | 'dialFormat' | 'ramalMaxDigits'
>;

/** One number in its three spellings, kept apart (R34), and what it is. */
export interface NormalizedNumber extends Pick<NumberReading, 'kind' | 'notes'> {
  /** As it was typed, stored or called back. */
  raw: string;
  /** `+` and up to 15 digits; null where the tenant did not opt in, and for numbers that have none. */
  e164: string | null;
  /** What the CTI is to dial, before the tenant's literal prefix (R10, R21). */
  dialled: string;
}

/**
 * Reads a number by the tenant's numbering plan (R34). Never throws: what can't be read is of kind `unknown` and is
 * dialled as it is. Without the opt-in `dialled` is `raw` without punctuation and `e164` is null; `kind` is told all
 * the same, for it changes nothing.
 * @param internal whether it is one of the tenant's extensions (R33); by default its shape decides
 */
export function normalizeNumber(
  raw: string,
  settings: NumberingSettings,
  internal: boolean = isInternalRamal(raw, { registered: false, ramalMaxDigits: settings.ramalMaxDigits }),
): NormalizedNumber {
  const bare = stripPunctuation(raw);
  if (internal) return { raw, e164: null, dialled: bare, kind: 'internal', notes: [] };
  const read = /^\+?[0-9]{2,20}$/.test(bare) ? readNumber(bare, settings) : UNREADABLE;
  if (!settings.normalize) return { raw, e164: null, dialled: bare, kind: read.kind, notes: [] };
  const { kind, e164, notes } = read;
  return { raw, e164, dialled: toDialString(bare, read, settings.dialFormat), kind, notes };
}

const UNREADABLE: NumberReading = { kind: 'unknown', e164: null, national: null, notes: [] };

/** Reads digits, with an optional leading `+`, by the tenant's country, whether or not it opted into normalisation. */
export function readNumber(bare: string, settings: NumberingSettings): NumberReading {
  return settings.country === 'BR'
    ? readBrazilianNumber(bare, settings)
    : readWorldNumber(bare, settings.country);
}

/** Service, freephone and premium numbers are not reached under their international spelling. */
const DIALLED_AS_E164 = new Set<NumberReading['kind']>(['mobile', 'landline', 'international']);

function toDialString(bare: string, read: NumberReading, format: NumberingSettings['dialFormat']): string {
  if (format === 'as_given') return bare;
  if (format === 'e164' && read.e164 !== null && DIALLED_AS_E164.has(read.kind)) return read.e164;
  return read.national ?? bare;
}
