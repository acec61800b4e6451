import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isSameNumber, toPeerKey } from './same-number.ts';

it.each([
  ['4732100123', '4732100123'],
  ['4732100123', '04732100123'], // the zero of R10
  ['4732100123', '+554732100123'],
  ['4732100123', '0154732100123'], // carrier 15
  ['4732100123', '(47) 3210-0123'],
  ['4732100123', '32100123'], // without the area code
  ['47999990000', '047999990000'],
  ['3501', '3501'],
  ['190', '190'],
  ['*65', '*65'],
  ['', ''],
  ['Vendas', ' vendas'],
])('R46 %j and %j are one far end', (a, b) => {
  expect(isSameNumber(a, b)).toBe(true);
  expect(isSameNumber(b, a)).toBe(true);
  expect(toPeerKey(a)).toBe(toPeerKey(b));
});

it.each([
  ['4732100123', '4732100124'],
  ['4732100123', '4832100123'], // another area code, both told
  ['3501', '13501'],
  ['3501', '3502'],
  ['190', '4732100190'],
  ['', '4732100123'],
  ['', 'Vendas'],
  ['Vendas', 'Suporte'],
  ['joao', 'maria'],
  ['joao1', 'maria1'],
  ['*65', '65'],
])('R46 %j and %j are two', (a, b) => {
  expect(isSameNumber(a, b)).toBe(false);
  expect(isSameNumber(b, a)).toBe(false);
});

it('what is the same number is found under the same key', () => {
  const number = fc.oneof(
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), maxLength: 13 }),
    fc.string({ unit: fc.constantFrom(...Array.from('01+ *#-aB')), maxLength: 10 }),
    fc.constantFrom('4732100123', '+554732100123', '04732100123', '32100123'),
  );
  fc.assert(
    fc.property(number, number, (a, b) => {
      if (isSameNumber(a, b)) expect(toPeerKey(a)).toBe(toPeerKey(b));
      expect(isSameNumber(a, a)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});
