import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskNumber, maskNumbersIn } from './mask-numbers.ts';

test.each([
  ['4732100123', '******0123'],
  ['+55 (47) 3210-0123', '+** (**) ****-0123'],
  ['10315', '*0315'],
  ['3501', '3501'],
  ['190', '190'],
  ['', ''],
])('the number %j becomes %j', (number, masked) => expect(maskNumber(number)).toBe(masked));

test.each([
  ['https://pbx.example/rec/20261122-4732100123.wav', 'https://pbx.example/rec/********-******0123.wav'],
  ['http://192.168.100.200:8080/dial?n=4732100123', 'http://192.168.100.200:8080/dial?n=******0123'],
  // The digits of an escape go too: better one too many.
  ['/rec?to=%2B55%2047%203210-0123', '/rec?to=%2B**%****%******-0123'],
  ['deal 8812, room 12', 'deal 8812, room 12'],
  ['intent-47.3210.0123', 'intent-**.****.0123'],
  ['４７３２１００１２３', '******０１２３'],
  ['ana', 'ana'],
])('in %j the numbers are hidden', (text, masked) => expect(maskNumbersIn(text)).toBe(masked));

test('whatever surrounds a number and however it is broken up, it never stays whole', () => {
  const separator = fc.constantFrom('', ' ', '-', '.', ') ', '%20', '/', '_');
  fc.assert(
    fc.property(
      fc.string(),
      fc.array(fc.tuple(fc.stringMatching(/^\d{1,4}$/), separator), { minLength: 3, maxLength: 6 }),
      fc.string(),
      (before, parts, after) => {
        const number = parts
          .map(([digits, between], i) => digits + (i < parts.length - 1 ? between : ''))
          .join('');
        const digits = parts.map(([some]) => some).join('');
        fc.pre(digits.length >= 8 && !number.includes('%'));
        const shown = maskNumbersIn(`${before} ${number} ${after}`);
        expect(shown).not.toContain(number);
      },
    ),
  );
});
