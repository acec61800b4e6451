import fc from 'fast-check';
import { expect, it } from 'vitest';
import { judgeDestination, toDestinations } from './index.ts';
import type { DestinationRules } from './index.ts';

const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), minLength, maxLength });

const PREFIXES = ['', '0', '9', '00', '*9'];
const rules = fc.record({
  numbering: fc.record({
    normalize: fc.boolean(),
    country: fc.constant('BR'),
    areaCode: fc.constantFrom('', '47', '11', '55'),
    carrierCode: fc.constantFrom('', '15', '41', '36', '55', '99'),
    dialFormat: fc.constantFrom('national' as const, 'as_given' as const, 'e164' as const),
    ramalMaxDigits: fc.integer({ min: 1, max: 5 }),
  }),
  internal: fc.constant(false),
  linePrefix: fc.constantFrom(...PREFIXES),
  skipIfPrefixed: fc.boolean(),
});
/** With the other class open, so that no denial is the wrong one's. */
const defaults = toDestinations({});
const openAbroad = toDestinations({ international: true });
const openPremium = toDestinations({ premium: true });

const CARRIERS = ['15', '21', '41', '14', '31', '12', '99', '55', '65'];
const carrier = fc.constantFrom(...CARRIERS);
const premium = fc
  .tuple(fc.constantFrom('900', '300', '303', '500'), digits(6, 7))
  .map(([series, rest]) => series + rest);
const premiumSpelling = fc.oneof(
  premium.map((number) => `0${number}`),
  premium.map((number) => `00${number}`),
  premium.map((number) => `+55${number}`),
  premium.map((number) => `+550${number}`),
  premium.map((number) => `55${number}`),
  premium.map((number) => `0055${number}`),
  premium,
  fc.tuple(carrier, premium).map(([code, number]) => `0${code}${number}`),
  fc.tuple(carrier, premium).map(([code, number]) => `0${code}0${number}`),
  fc.tuple(carrier, premium).map(([code, number]) => `00${code}55${number}`),
  fc.tuple(premium, digits(1, 4)).map(([number, more]) => `0${number}${more}`),
);

/** Mobile numbers of countries whose numbers no Brazilian one looks like, without their `+`. */
const foreign = fc.oneof(
  digits(7, 7).map((rest) => `35191${rest}`),
  digits(7, 7).map((rest) => `1212${rest.replace(/^[01]/, '2')}`),
  digits(8, 8).map((rest) => `54911${rest}`),
  digits(8, 8).map((rest) => `447400${rest.slice(2)}`),
);
const satellite = digits(8, 8).map((rest) => `8816${rest.slice(1)}`);
const abroadSpelling = (number: fc.Arbitrary<string>) =>
  fc.oneof(
    number.map((plain) => `+${plain}`),
    number.map((plain) => `00${plain}`),
    fc.tuple(carrier, number).map(([code, plain]) => `00${code}${plain}`),
    number.map((plain) => `0${plain}`),
  );

/** What people, and those who look for a hole, put around and between digits. */
const dressed = (number: fc.Arbitrary<string>) =>
  fc.oneof(
    number,
    number.map((plain) => plain.replace(/(\d{2})(\d{4})/, '($1) $2-')),
    number.map((plain) => `${plain}#`),
    number.map((plain) => `#31#${plain}`),
    number.map((plain) => `*31#${plain}#`),
    number.map((plain) => `*21*${plain}#`),
    number.map((plain) => `**61*${plain}*11#`),
    number.map((plain) => `*72${plain}`),
    number.map((plain) => `${plain}*1`),
  );

function judge(number: string, given: Omit<DestinationRules, 'destinations'>, destinations: typeof defaults) {
  return judgeDestination(number, { ...given, destinations }).kind;
}

it('threat 1 no spelling of a premium number is dialled', () => {
  fc.assert(
    fc.property(dressed(premiumSpelling), rules, (number, given) => {
      expect(judge(number, given, defaults)).toBe('denied');
      expect(judge(number, given, openAbroad)).toBe('denied');
    }),
    { numRuns: 1000 },
  );
});

it('threat 1 no spelling of a satellite’s number is dialled, also where other countries are open', () => {
  fc.assert(
    fc.property(dressed(abroadSpelling(satellite)), rules, (number, given) => {
      expect(judge(number, given, openAbroad)).toBe('denied');
    }),
    { numRuns: 700 },
  );
});

it('threat 1 no spelling of another country’s number is dialled', () => {
  fc.assert(
    fc.property(dressed(abroadSpelling(foreign)), rules, (number, given) => {
      expect(judge(number, given, defaults)).toBe('denied');
      expect(judge(number, given, openPremium)).toBe('denied');
    }),
    { numRuns: 1000 },
  );
});

it('threat 1 no spelling gets by when the line prefix is typed too', () => {
  const kinds = fc.oneof(
    premium.map((number) => `0${number}`),
    abroadSpelling(foreign),
  );
  fc.assert(
    fc.property(kinds, rules, (number, given) => {
      fc.pre(!number.startsWith('+'));
      expect(judge(given.linePrefix + number, given, defaults)).toBe('denied');
    }),
    { numRuns: 700 },
  );
});

it('threat 1 every spelling of a home number may be dialled', () => {
  const home = fc
    .tuple(
      fc.constantFrom('47', '11', '21', '55', '85'),
      fc.constantFrom('3210', '2345', '98765'),
      digits(4, 4),
    )
    .map((parts) => parts.join(''));
  const spelling = fc.oneof(
    home,
    home.map((number) => `0${number}`),
    home.map((number) => `+55${number}`),
    home.map((number) => `55${number}`),
    home.map((number) => `0055${number}`),
    fc.tuple(carrier, home).map(([code, number]) => `0${code}${number}`),
    home.map((number) => number.slice(2)),
    home.map((number) => `#31#${number}`),
    home.map((number) => `${number}#`),
  );
  fc.assert(
    fc.property(spelling, rules, (number, given) => {
      expect(judge(number, given, defaults)).toBe('allowed');
    }),
    { numRuns: 1000 },
  );
});

it('threat 1 any text gets a verdict', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...Array.from('0159*#+')) })),
      rules,
      (number, given) => {
        expect(['allowed', 'denied']).toContain(judge(number, given, defaults));
      },
    ),
    { numRuns: 700 },
  );
});
