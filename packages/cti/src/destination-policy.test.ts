import { describe, expect, it } from 'vitest';
import { judgeDestination, toDestinations, toNumberingSettings } from './index.ts';
import type { Destinations } from './destination-settings.ts';

interface Rules {
  destinations?: Partial<Destinations>;
  linePrefix?: string;
  skipIfPrefixed?: boolean;
  country?: string;
  internal?: boolean;
}

function judge(number: string, rules: Rules = {}) {
  const { destinations = {}, linePrefix = '', skipIfPrefixed = false, country = 'BR', internal } = rules;
  const verdict = judgeDestination(number, {
    numbering: toNumberingSettings({ country }),
    internal: internal ?? number.replace(/\D/g, '').length <= 5,
    destinations: { ...toDestinations({}), ...destinations },
    linePrefix,
    skipIfPrefixed,
  });
  return verdict.kind === 'allowed' ? 'allowed' : verdict.reason;
}

describe('threat 1 without settings', () => {
  it.each([
    // Landlines and mobiles, in all the ways people write them.
    '4732100123',
    '(47) 3210-0123',
    '32100123',
    '999991234',
    '99991234',
    '47999991234',
    '4799991234',
    '047999991234',
    '0154732100123',
    '015 47 99999-1234',
    '+554732100123',
    '+55 47 99999-1234',
    '554732100123',
    '5547999991234',
    '00554732100123',
    '4732100123#',
    '4732100123*5',
    '4732100123#12',
    '#31#4732100123',
    '*31#4732100123',
    // Those that look like a premium number, and are none.
    '1130012345',
    '01150012345',
    '01130031234',
    '30012345',
    '50012345',
    '5530012345',
    '05550012345',
    '11987650900',
    // Nation-wide, free and public numbers.
    '08001234567',
    '0800123456',
    '8001234567',
    '+558001234567',
    '008001234567',
    '40041234',
    '40031234',
    '30031234',
    '190',
    '192',
    '193',
    '112',
    '180',
    '188',
    '0190',
    '00190',
    '10315',
    '1052',
    // Extensions and codes that hold none but an extension's digits.
    '3501',
    '*65',
    '*8#',
    '#21#',
    '*21*35#',
    // Collect calls are the other end's expense.
    '909032100123',
    '90154732100123',
    // Nobody's number at all: as ever, the telephone system says so.
    '470000',
    '1234567',
  ])('%s may be dialled', (number) => {
    expect(judge(number)).toBe('allowed');
  });

  it.each([
    ['0900123456', 'destination_premium'],
    ['0900-123-4567', 'destination_premium'],
    ['900123456', 'destination_premium'],
    ['9001234567', 'destination_premium'],
    ['+55900123456', 'destination_premium'],
    ['+550900123456', 'destination_premium'],
    ['55900123456', 'destination_premium'],
    ['0055900123456', 'destination_premium'],
    ['001555900123456', 'destination_premium'],
    ['0150900123456', 'destination_premium'],
    ['015900123456', 'destination_premium'],
    ['00900123456', 'destination_premium'],
    ['000900123456', 'destination_premium'],
    ['090012345699', 'destination_premium'],
    ['0300123456', 'destination_premium'],
    ['03001234567', 'destination_premium'],
    ['0303 123 4567', 'destination_premium'],
    ['300123456', 'destination_premium'],
    ['0500123456', 'destination_premium'],
    ['0500 123 4567', 'destination_premium'],
    ['#31#0900123456', 'destination_premium'],
    ['09*00123456', 'destination_international'],
    ['090*0123456', 'destination_premium'],
    ['0900123456#', 'destination_premium'],
    ['0900123456*1', 'destination_premium'],
    // Satellites and networks of no country.
    ['+8816312345678', 'destination_premium'],
    ['+881612345678', 'destination_premium'],
    ['00881612345678', 'destination_premium'],
    ['0015881612345678', 'destination_premium'],
    ['881612345678', 'destination_premium'],
    ['+870773123456', 'destination_premium'],
    ['0021870773123456', 'destination_premium'],
    ['+8821612345678', 'destination_premium'],
    ['+883510001234567', 'destination_premium'],
    ['+888123456789', 'destination_premium'],
    ['+979123456789', 'destination_premium'],
    // Other countries' premium numbers.
    ['+351760123456', 'destination_premium'],
    ['+19005551234', 'destination_premium'],
    ['+449098790000', 'destination_premium'],
    // Other countries.
    ['+351912345678', 'destination_international'],
    ['+351 21 345 6789', 'destination_international'],
    ['00351912345678', 'destination_international'],
    ['0015351912345678', 'destination_international'],
    ['00 41 351 912345678', 'destination_international'],
    ['351912345678', 'destination_international'],
    ['0351912345678', 'destination_international'],
    ['015351912345678', 'destination_international'],
    ['+12125551234', 'destination_international'],
    ['0015 1 212 555 1234', 'destination_international'],
    ['12125551234', 'destination_international'],
    ['01112125551234', 'destination_international'],
    ['+5491123456789', 'destination_international'],
    ['0054 9 11 2345 6789', 'destination_international'],
    ['+4732100123', 'destination_international'],
    ['004732100123', 'destination_international'],
    ['00*351912345678', 'destination_international'],
    ['003519*12345678', 'destination_international'],
    ['+99912345678', 'destination_international'],
    ['002345678', 'destination_international'],
    ['12345678901234567890', 'destination_international'],
    // Codes that would send an extension's calls elsewhere.
    ['*21*4732100123#', 'destination_denied'],
    ['**21*4732100123#', 'destination_denied'],
    ['*21*+351912345678', 'destination_denied'],
    ['*724732100123', 'destination_denied'],
    ['*61*0900123456*11*20#', 'destination_denied'],
    ['*002*351912345678#', 'destination_denied'],
    ['#724732100123', 'destination_denied'],
    ['*9*4732100123', 'destination_denied'],
    ['+*21*4732100123', 'destination_denied'],
  ])('%s may not: %s', (number, reason) => {
    expect(judge(number, { internal: false })).toBe(reason);
  });
});

describe('threat 1 with what a company sets', () => {
  it.each<[string, Partial<Destinations>, string]>([
    ['+351912345678', { international: true }, 'allowed'],
    ['+351912345678', { international: ['+351'] }, 'allowed'],
    ['0015351912345678', { international: ['+351'] }, 'allowed'],
    ['+351912345678', { international: ['+1', '+34'] }, 'destination_international'],
    ['+351760123456', { international: true }, 'destination_premium'],
    ['+351760123456', { international: true, premium: true }, 'allowed'],
    ['+351760123456', { premium: true }, 'destination_international'],
    ['+881612345678', { international: true }, 'destination_premium'],
    ['004732100123', { international: ['+47'] }, 'allowed'],
    ['0055900123456', { international: true }, 'destination_premium'],
    ['0900123456', { premium: true }, 'allowed'],
    ['0900123456', { allow: ['0900123'] }, 'allowed'],
    ['+55900123456', { allow: ['0900123'] }, 'allowed'],
    ['0900123456', { allow: ['+55900123456'] }, 'allowed'],
    ['0900999456', { allow: ['0900123'] }, 'destination_premium'],
    ['+351912345678', { allow: ['+351912345678'] }, 'allowed'],
    ['+351912345679', { allow: ['+351912345678'] }, 'destination_international'],
    ['4732100123', { deny: ['+5547'] }, 'destination_denied'],
    ['0154732100123', { deny: ['+5547'] }, 'destination_denied'],
    ['4732100123', { deny: ['+5547'], allow: ['+55473210'] }, 'allowed'],
    ['4732100123', { deny: ['+55473210'], allow: ['+5547'] }, 'destination_denied'],
    ['4732100123', { deny: ['+5547'], allow: ['+5547'] }, 'destination_denied'],
    ['08001234567', { deny: ['0800'] }, 'destination_denied'],
    ['+558001234567', { deny: ['0800'] }, 'destination_denied'],
    ['190', { deny: ['1', '190'] }, 'allowed'],
    ['*21*4732100123#', { allow: ['*21*'] }, 'allowed'],
    ['*21*0900123456#', { allow: ['*21*'] }, 'destination_premium'],
    ['*21*351912345678#', { allow: ['*21*'] }, 'destination_international'],
  ])('%s with %o: %s', (number, destinations, expected) => {
    expect(judge(number, { destinations })).toBe(expected);
  });

  it.each<[string, string, string]>([
    ['4732100123', '0', 'allowed'],
    ['04732100123', '0', 'allowed'],
    ['0154732100123', '0', 'allowed'],
    ['32100123', '0', 'allowed'],
    ['30012345', '0', 'allowed'],
    ['08001234567', '0', 'allowed'],
    ['0190', '0', 'allowed'],
    ['9190', '9', 'allowed'],
    ['999991234', '9', 'allowed'],
    ['90900123456', '9', 'destination_premium'],
    ['900351912345678', '9', 'destination_international'],
    ['90015351912345678', '9', 'destination_international'],
    ['9351912345678', '9', 'destination_international'],
    ['900123456', '0', 'destination_premium'],
    ['0351912345678', '0', 'destination_international'],
    ['15351912345678', '00', 'destination_international'],
    ['00351912345678', '*9', 'destination_international'],
  ])('%s behind the line prefix %s: %s', (number, linePrefix, expected) => {
    expect(judge(number, { linePrefix, internal: false })).toBe(expected);
  });

  it.each<[string, string, string]>([
    ['94732100123', '9', 'allowed'],
    ['0900123456', '0', 'destination_premium'],
    ['0351912345678', '0', 'destination_international'],
    ['90015351912345678', '9', 'destination_international'],
  ])('%s of which the line prefix %s may be a part: %s', (number, linePrefix, expected) => {
    expect(judge(number, { linePrefix, skipIfPrefixed: true })).toBe(expected);
  });

  it.each<[string, string, string]>([
    ['912345678', 'PT', 'allowed'],
    ['+351912345678', 'PT', 'allowed'],
    ['351912345678', 'PT', 'allowed'],
    ['112', 'PT', 'allowed'],
    ['760123456', 'PT', 'destination_premium'],
    ['808123456', 'PT', 'destination_premium'],
    ['004732100123', 'PT', 'destination_international'],
    ['+554732100123', 'PT', 'destination_international'],
    ['911', 'US', 'allowed'],
    ['2125551234', 'US', 'allowed'],
    ['9005551234', 'US', 'destination_premium'],
    ['011351912345678', 'US', 'destination_international'],
    ['00351912345678', 'US', 'destination_international'],
    ['+881612345678', 'US', 'destination_premium'],
  ])('%s in %s: %s', (number, country, expected) => {
    expect(judge(number, { country, internal: false })).toBe(expected);
  });

  it('an extension is judged by nothing, a number too long for one like any other', () => {
    expect(judge('3501', { internal: true, destinations: { deny: ['3'] } })).toBe('allowed');
    expect(judge('0900123456', { internal: true })).toBe('destination_premium');
  });
});
