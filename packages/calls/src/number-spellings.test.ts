import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameNumber, toPeerKey } from './same-number.ts';

/** The spellings of one landline, and of one mobile with and without its ninth digit. */
const SPELLINGS = {
  landline: ['32100123', '4732100123', '04732100123', '0154732100123', '+554732100123', '00554732100123'],
  mobile: [
    '99991234',
    '999991234',
    '4799991234',
    '47999991234',
    '047999991234',
    '0154799991234',
    '+5547999991234',
    '9047999991234',
  ],
};

describe.each(Object.entries(SPELLINGS))('R34 R46 the spellings of one %s', (_kind, spellings) => {
  const pairs = spellings.flatMap((a) => spellings.map((b): [string, string] => [a, b]));

  it.each(pairs)('%s and %s are one number, found under one key', (a, b) => {
    expect(isSameNumber(a, b)).toBe(true);
    expect(toPeerKey(a)).toBe(toPeerKey(b));
  });
});

it.each([
  ['4732100123', '4832100123'],
  ['47999991234', '48999991234'],
  ['4799991234', '48999991234'],
  ['47999991234', '4732991234'],
  ['4732100123', '4732100124'],
  ['3501', '93501'],
  ['190', '0190'],
  ['fila', '4732100123'],
])('R46 %s and %s are two numbers', (a, b) => {
  expect(isSameNumber(a, b)).toBe(false);
});

it('R46 does not matter whose spelling comes first, and what is the same is found under one key', () => {
  const number = fc.oneof(
    fc.constantFrom(...Object.values(SPELLINGS).flat()),
    fc.string({ unit: fc.constantFrom(...Array.from('0946+')), maxLength: 14 }),
  );
  fc.assert(
    fc.property(number, number, (a, b) => {
      expect(isSameNumber(a, b)).toBe(isSameNumber(b, a));
      if (isSameNumber(a, b)) expect(toPeerKey(a)).toBe(toPeerKey(b));
    }),
    { numRuns: 5000 },
  );
});
