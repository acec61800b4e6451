import { describe, expect, it } from 'vitest';
import {
  CtiSettingsInvalidError,
  type CtiSettings,
  type NumberKind,
  type NumberNote,
  normalizeNumber,
  parseCtiSettings,
  toNumberingSettings,
} from './index.ts';

/** A company in Joinville that opted in. */
const read = (raw: string, more: CtiSettings = {}, internal?: boolean) =>
  normalizeNumber(raw, toNumberingSettings({ normalize: true, areaCode: '47', ...more }), internal);

type Golden = [raw: string, kind: NumberKind, e164: string | null, dialled: string, notes?: NumberNote[]];

describe('R34 Brazilian numbering', () => {
  it.each<Golden>([
    ['(47) 3210-0123', 'landline', '+554732100123', '4732100123'],
    ['3210-0123', 'landline', '+554732100123', '4732100123', ['area_code_added']],
    ['11 3210.0123', 'landline', '+551132100123', '1132100123'],
    ['55 3210-0123', 'landline', '+555532100123', '5532100123'],
    ['47 99999-1234', 'mobile', '+5547999991234', '47999991234'],
    ['99999-1234', 'mobile', '+5547999991234', '47999991234', ['area_code_added']],
  ])('reads %s as a %s of %s, dialled %s', (raw, kind, e164, dialled, notes = []) => {
    expect(read(raw)).toEqual({ raw, kind, e164, dialled, notes });
  });

  it.each<[string, string]>([
    ['47 9999-1234', '+5547999991234'],
    ['9999-1234', '+5547999991234'],
    ['11 6789-1234', '+5511967891234'],
    ['11 7890-1234', '+5511978901234'],
    ['0 15 11 8888-1234', '+5511988881234'],
    ['+55 47 8888 1234', '+5547988881234'],
    ['554788881234', '+5547988881234'],
  ])('gives the old mobile %s its ninth digit: %s', (raw, e164) => {
    expect(read(raw)).toMatchObject({ kind: 'mobile', e164 });
    expect(read(raw).notes).toContain('ninth_digit_added');
  });

  it.each<Golden>([
    ['0 47 3210-0123', 'landline', '+554732100123', '4732100123', ['trunk_zero_removed']],
    [
      '0 15 47 3210-0123',
      'landline',
      '+554732100123',
      '4732100123',
      ['trunk_zero_removed', 'carrier_code_removed'],
    ],
    ['0 3210-0123', 'landline', '+554732100123', '4732100123', ['trunk_zero_removed', 'area_code_added']],
    ['+55 47 3210-0123', 'landline', '+554732100123', '4732100123', ['country_code_removed']],
    [
      '+55 (0)47 3210-0123',
      'landline',
      '+554732100123',
      '4732100123',
      ['country_code_removed', 'trunk_zero_removed'],
    ],
    ['55 47 3210-0123', 'landline', '+554732100123', '4732100123', ['country_code_removed']],
    ['55 47 99999-1234', 'mobile', '+5547999991234', '47999991234', ['country_code_removed']],
    ['00 55 47 3210-0123', 'landline', '+554732100123', '4732100123', ['country_code_removed']],
    [
      '00 15 55 47 3210-0123',
      'landline',
      '+554732100123',
      '4732100123',
      ['carrier_code_removed', 'country_code_removed'],
    ],
  ])('takes the prefixes off %s', (raw, kind, e164, dialled, notes) => {
    expect(read(raw)).toEqual({ raw, kind, e164, dialled, notes });
  });

  it.each<[string, string]>([
    ['11 3210-0123', '0151132100123'],
    ['11 9999-1234', '01511999991234'],
    ['0 41 11 3210-0123', '0151132100123'],
    ['47 3210-0123', '4732100123'],
    ['3210-0123', '4732100123'],
    ['+1 212 555 1234', '001512125551234'],
    ['00 41 1 212 555 1234', '001512125551234'],
    ['0800 765 4321', '08007654321'],
    ['4004-1234', '40041234'],
    ['190', '190'],
  ])('puts the carrier code into %s where it leaves the DDD: %s', (raw, dialled) => {
    expect(read(raw, { carrierCode: '15' }).dialled).toBe(dialled);
  });

  it.each<Golden>([
    ['0800 765 4321', 'toll_free', '+558007654321', '08007654321'],
    ['0800 12 3456', 'toll_free', '+55800123456', '0800123456'],
    ['800 765 4321', 'toll_free', '+558007654321', '08007654321'],
    ['+55 800 765 4321', 'toll_free', '+558007654321', '08007654321', ['country_code_removed']],
    ['0 0800 765 4321', 'toll_free', '+558007654321', '08007654321', ['trunk_zero_removed']],
    ['0300 123 4567', 'premium', '+553001234567', '03001234567'],
    ['0500 123 4567', 'premium', '+555001234567', '05001234567'],
    ['0900 123 4567', 'premium', '+559001234567', '09001234567'],
    ['0 0900 123 4567', 'premium', '+559001234567', '09001234567', ['trunk_zero_removed']],
    ['4004-1234', 'shared_cost', '+5540041234', '40041234'],
    ['3003-1234', 'shared_cost', '+5530031234', '30031234'],
    ['4020-1234', 'shared_cost', '+5540201234', '40201234'],
    ['190', 'public_service', null, '190'],
    ['192', 'public_service', null, '192'],
    ['193', 'public_service', null, '193'],
    ['9090 3210-0123', 'unknown', null, '909032100123', ['collect_call']],
    ['90 15 47 3210-0123', 'unknown', null, '90154732100123', ['collect_call']],
    ['9090 99999-1234', 'unknown', null, '9090999991234', ['collect_call']],
  ])('threat 1 keeps %s (%s) without a DDD, in every format', (raw, kind, e164, dialled, notes = []) => {
    for (const dialFormat of ['national', 'e164'] as const) {
      expect(read(raw, { dialFormat, carrierCode: '15' })).toEqual({ raw, kind, e164, dialled, notes });
    }
  });

  it('takes 4004-1234 behind a DDD for what it is, a landline', () => {
    expect(read('11 4004-1234')).toMatchObject({ kind: 'landline', e164: '+551140041234' });
  });

  it.each<Golden>([
    ['+1 212 555 1234', 'international', '+12125551234', '+12125551234'],
    ['00 1 212 555 1234', 'international', '+12125551234', '0012125551234'],
    ['00 15 1 212 555 1234', 'international', '+12125551234', '001512125551234', ['carrier_code_removed']],
    ['+351 912 345 678', 'international', '+351912345678', '+351912345678'],
    ['+1 000', 'international', null, '+1000'],
    // Norway, or an outside line's zero before Joinville.
    ['00 47 3210 0123', 'international', null, '004732100123', ['ambiguous']],
  ])(
    'knows %s as a call abroad, and asks no carrier that was not chosen',
    (raw, kind, e164, dialled, notes) => {
      expect(read(raw)).toEqual({ raw, kind, e164, dialled, notes: notes ?? [] });
    },
  );

  it.each(['20 3210-0123', '123456', '47 1210-0123', '99999999999999', '+55 1', '*21*47321#', 'fila', ''])(
    'leaves %j, which the plan does not have, as it is',
    (raw) => {
      const dialled = raw.replace(/[ -]/g, '');
      expect(read(raw)).toEqual({ raw, kind: 'unknown', e164: null, dialled, notes: [] });
    },
  );

  it('without a DDD of its own says that one is missing, and still adds the ninth digit', () => {
    expect(read('3210-0123', { areaCode: '' })).toMatchObject({
      kind: 'landline',
      e164: null,
      dialled: '32100123',
      notes: ['area_code_missing'],
    });
    expect(read('9999-1234', { areaCode: '' })).toMatchObject({
      kind: 'mobile',
      e164: null,
      dialled: '999991234',
      notes: ['ninth_digit_added', 'area_code_missing'],
    });
  });
});

describe('R34 the format of the dialled number', () => {
  it('as_given takes punctuation out and nothing else, with the E.164 beside it', () => {
    expect(read('0 15 47 9999-1234', { dialFormat: 'as_given', carrierCode: '41' })).toMatchObject({
      e164: '+5547999991234',
      dialled: '0154799991234',
    });
  });

  it('e164 is dialled where a number is reached under it', () => {
    expect(read('9999-1234', { dialFormat: 'e164' }).dialled).toBe('+5547999991234');
    expect(read('00 1 212 555 1234', { dialFormat: 'e164' }).dialled).toBe('+12125551234');
    expect(read('20 3210-0123', { dialFormat: 'e164' }).dialled).toBe('2032100123');
  });
});

describe('R33 extensions', () => {
  it.each(['3501', '35-01', '*65'])('%s is internal by its shape', (raw) => {
    expect(read(raw)).toEqual({
      raw,
      kind: 'internal',
      e164: null,
      dialled: raw.replace('-', ''),
      notes: [],
    });
  });

  it('whoever knows that a number is registered says so, and nothing is done to it', () => {
    expect(read('32100123', {}, true)).toMatchObject({ kind: 'internal', dialled: '32100123', e164: null });
    expect(read('190', {}, true)).toMatchObject({ kind: 'internal', dialled: '190' });
  });
});

describe('R34 without the opt-in', () => {
  it.each([
    ['(47) 9999-1234', '4799991234', 'mobile'],
    ['0 15 47 3210-0123', '01547' + '32100123', 'landline'],
    ['+55 47 3210 0123', '+554732100123', 'landline'],
    ['0900 123 4567', '09001234567', 'premium'],
    ['3501', '3501', 'internal'],
  ])('nothing is done to %s, whatever else is set', (raw, dialled, kind) => {
    const settings = { areaCode: '47', carrierCode: '15', dialFormat: 'e164' } as const;
    expect(normalizeNumber(raw, toNumberingSettings(settings))).toEqual({
      raw,
      dialled,
      kind,
      e164: null,
      notes: [],
    });
  });
});

describe('another country', () => {
  it.each<[string, ...Golden]>([
    ['PT', '912 345 678', 'mobile', '+351912345678', '912345678'],
    ['PT', '+55 47 99999-1234', 'international', '+5547999991234', '005547999991234'],
    ['GB', '020 7946 0018', 'landline', '+442079460018', '02079460018'],
    ['US', '(212) 555-1234', 'landline', '+12125551234', '2125551234'],
    ['US', '9999', 'internal', null, '9999'],
    ['AR', '123456789012345', 'unknown', null, '123456789012345'],
  ])(
    '%s reads %s by its own plan; DDD and carrier codes are Brazil’s',
    (country, raw, kind, e164, dialled) => {
      expect(read(raw, { country: country as 'BR', carrierCode: '15' })).toEqual({
        raw,
        kind,
        e164,
        dialled,
        notes: [],
      });
    },
  );
});

describe('the settings', () => {
  it.each([
    ['normalize', 'yes'],
    ['country', 'br'],
    ['country', 'constructor'],
    ['country', 'ZZ'],
    ['areaCode', '4'],
    ['areaCode', '40'],
    ['areaCode', 47],
    ['carrierCode', '015'],
    ['dialFormat', 'local'],
  ])('refuse %s %j', (field, value) => {
    expect(() => parseCtiSettings({ [field]: value })).toThrow(CtiSettingsInvalidError);
  });

  it('are off unless asked for', () => {
    expect(toNumberingSettings(parseCtiSettings(null))).toEqual({
      normalize: false,
      country: 'BR',
      areaCode: '',
      carrierCode: '',
      dialFormat: 'national',
      ramalMaxDigits: 5,
    });
  });
});

it('R34 no number is written so that it would be read as another one: Norway behind a carrier 55 stays as it is', () => {
  const settings = { carrierCode: '55' } as const;
  expect(read('+47 32100123', settings)).toMatchObject({ e164: '+4732100123', dialled: '+4732100123' });
  expect(read('00 15 47 33000000', settings).dialled).toBe('00154733000000');
  expect(read('+1 212 555 1234', settings).dialled).toBe('005512125551234');
});
