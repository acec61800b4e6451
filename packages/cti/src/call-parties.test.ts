import { describe, expect, it } from 'vitest';
import { identifyParties, isInternalRamal } from './index.ts';

const owners = new Map([
  ['3501', { ramal: '3501', user: 'maria' }],
  ['3502', { ramal: '3502', user: 'joao' }],
]);
const directory = {
  ramalOf: (number: string) => owners.get(number),
  isInternal: (number: string) => isInternalRamal(number, { registered: false, ramalMaxDigits: 5 }),
};
const identify = (origin?: string, destination?: string) =>
  identifyParties(
    { ...(origin === undefined ? {} : { origin }), ...(destination === undefined ? {} : { destination }) },
    directory,
  );

describe('identifyParties', () => {
  it('R45 takes a call to a registered ramal as inbound', () => {
    expect(identify('4732100123', '3501')).toEqual({
      direction: 'inbound',
      ramal: '3501',
      user: 'maria',
      peer: '4732100123',
    });
  });

  it('R45 takes a withheld caller as inbound without a peer', () => {
    expect(identify(undefined, '3501')).toEqual({ direction: 'inbound', ramal: '3501', user: 'maria' });
  });

  it('R44 takes a call from a registered ramal as outbound', () => {
    expect(identify('3501', '4732100123')).toEqual({
      direction: 'outbound',
      ramal: '3501',
      user: 'maria',
      peer: '4732100123',
    });
  });

  it('takes a call between two registered ramais as internal, told from the called side', () => {
    expect(identify('3501', '3502')).toEqual({
      direction: 'internal',
      ramal: '3502',
      user: 'joao',
      peer: '3501',
      caller: { ramal: '3501', user: 'maria' },
      callee: { ramal: '3502', user: 'joao' },
    });
  });

  it('takes what is registered over what a number looks like', () => {
    expect(identify('3999', '3501')).toMatchObject({ direction: 'inbound', user: 'maria', peer: '3999' });
    expect(identify('3501', '190')).toMatchObject({ direction: 'outbound', user: 'maria', peer: '190' });
  });

  it('R33 guesses by the shape of the numbers when neither is registered', () => {
    expect(identify('4732100123', '3999')).toEqual({
      direction: 'inbound',
      ramal: '3999',
      peer: '4732100123',
    });
    expect(identify('3999', '4732100123')).toEqual({
      direction: 'outbound',
      ramal: '3999',
      peer: '4732100123',
    });
    expect(identify('3998', '3999')).toEqual({ direction: 'internal', ramal: '3999', peer: '3998' });
  });

  it('calls it unknown when nothing tells', () => {
    expect(identify('4732100123', '4732100124')).toEqual({ direction: 'unknown' });
    expect(identify()).toEqual({ direction: 'unknown' });
  });
});
