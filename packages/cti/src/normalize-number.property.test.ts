import fc from 'fast-check';
import { isValidPhoneNumber } from 'libphonenumber-js/max';
import { expect, it } from 'vitest';
import { normalizeNumber, type NumberingSettings } from './index.ts';

const settings: fc.Arbitrary<NumberingSettings> = fc.record({
  normalize: fc.constant(true),
  country: fc.constantFrom('BR', 'BR', 'BR', 'BR', 'PT', 'US', 'AR', 'GB', 'RU', 'MX', 'IT'),
  areaCode: fc.constantFrom('', '47', '11', '55', '90'),
  carrierCode: fc.constantFrom('', '15', '41', '36', '55', '99'),
  dialFormat: fc.constantFrom('national' as const, 'as_given' as const, 'e164' as const),
  ramalMaxDigits: fc.integer({ min: 1, max: 5 }),
});

const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), minLength, maxLength });
/** Pieces that real numbers are made of, put together right and wrong. */
const likely = fc
  .tuple(
    fc.constantFrom('', '+', '0', '00', '015', '0015', '+55', '55', '0055', '9090', '90', '0041'),
    fc.constantFrom('', '47', '11', '55', '20', '1', '351', '800', '0900', '4004', '3003', '300'),
    fc.oneof(digits(6, 10), fc.constantFrom('32100123', '999991234', '7654321', '123456', '2125551234')),
  )
  .map((parts) => parts.join(''));
const real = fc
  .tuple(
    fc.constantFrom('', '', '0', '015', '+55', '55', '0055'),
    fc.constantFrom('47', '11', '55'),
    fc.constantFrom('3210', '9999', '99999', '6543'),
    digits(4, 4),
  )
  .map((parts) => parts.join(''));
const number = fc.oneof(real, likely, likely, digits(0, 22), fc.string({ unit: 'binary' }), fc.string());

it('R34 any text is read without an error, keeps its raw spelling, and has an E.164 that is valid or none', () => {
  let valid = 0;
  fc.assert(
    fc.property(number, settings, (raw, set) => {
      const read = normalizeNumber(raw, set);
      expect(read.raw).toBe(raw);
      if (read.e164 === null) return;
      valid += 1;
      expect(read.e164).toMatch(/^\+[1-9][0-9]{1,14}$/);
      expect(isValidPhoneNumber(read.e164)).toBe(true);
      expect(read.dialled).toMatch(/^\+?[0-9]{2,20}$/);
    }),
    { numRuns: 3000 },
  );
  expect(valid).toBeGreaterThan(300);
});

it('R34 what is dialled, read again, is dialled the same and is no other number', () => {
  fc.assert(
    fc.property(number, settings, (raw, set) => {
      const once = normalizeNumber(raw, set);
      const twice = normalizeNumber(once.dialled, set);
      expect(twice.dialled).toBe(once.dialled);
      // Abroad, a dialled number may be readable in two ways where the first spelling was not.
      if (twice.e164 !== null || once.kind !== 'international') expect(twice.e164).toBe(once.e164);
    }),
    { numRuns: 3000 },
  );
});

it('R34 a number in E.164 stays the number it is', () => {
  fc.assert(
    fc.property(number, settings, (raw, set) => {
      const { e164 } = normalizeNumber(raw, set);
      if (e164 !== null) expect(normalizeNumber(e164, set).e164).toBe(e164);
    }),
    { numRuns: 3000 },
  );
});

it('R34 without the opt-in no number changes but for its punctuation', () => {
  fc.assert(
    fc.property(number, settings, (raw, set) => {
      const read = normalizeNumber(raw, { ...set, normalize: false });
      expect(read).toMatchObject({ raw, e164: null, dialled: raw.replace(/[\s().-]/g, ''), notes: [] });
    }),
    { numRuns: 1000 },
  );
});
