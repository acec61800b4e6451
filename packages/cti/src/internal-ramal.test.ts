import { describe, expect, it } from 'vitest';
import { isInternalRamal } from './index.ts';

const unregistered = { registered: false, ramalMaxDigits: 5 };

describe('isInternalRamal', () => {
  it.each(['1', '20', '350', '3501', '35001', '35-01', '1234', '*65', '#21'])(
    'R33 takes %j as internal',
    (number) => {
      expect(isInternalRamal(number, unregistered)).toBe(true);
    },
  );

  it.each(['350101', '4732100123', '08001234567', '+3501', '*21*4732100123#', '', 'abc', '12a'])(
    'R33 takes %j as external',
    (number) => {
      expect(isInternalRamal(number, unregistered)).toBe(false);
    },
  );

  it.each(['190', '192', '193', '1-9-0', '100', '199'])(
    'R33 takes public service %j as external',
    (number) => {
      expect(isInternalRamal(number, unregistered)).toBe(false);
    },
  );

  it('R33 takes a registered ramal as internal, whatever it looks like', () => {
    expect(isInternalRamal('190', { registered: true, ramalMaxDigits: 5 })).toBe(true);
    expect(isInternalRamal('4732100123', { registered: true, ramalMaxDigits: 5 })).toBe(true);
  });

  it("R33 goes by the tenant's own longest ramal", () => {
    expect(isInternalRamal('3501', { registered: false, ramalMaxDigits: 3 })).toBe(false);
    expect(isInternalRamal('350101', { registered: false, ramalMaxDigits: 6 })).toBe(true);
  });
});
