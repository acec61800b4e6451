import { describe, expect, it } from 'vitest';
import { createStatusMap, toCallResult } from './call-status.ts';
import { CtiSettingsInvalidError, parseCtiSettings, toCtiConfig, toMaxCallMs } from './index.ts';

describe('parseCtiSettings', () => {
  it('takes nothing as no settings, and drops keys it does not know', () => {
    expect(parseCtiSettings(null)).toEqual({});
    expect(parseCtiSettings(undefined)).toEqual({});
    expect(parseCtiSettings({ ofANewerVersion: 1 })).toEqual({});
  });

  it('keeps what a tenant set', () => {
    const settings = {
      ramalMaxDigits: 4,
      skipIfPrefixed: true,
      statusMap: { Atendeu: 'completed' as const },
    };
    expect(parseCtiSettings(settings)).toEqual(settings);
  });

  it.each([
    ['ramalMaxDigits', 0],
    ['ramalMaxDigits', '5'],
    ['externalIdName', '__proto__'],
    ['externalIdName', 'a\r\nb'],
    ['statusMap', { x: 'nonsense' }],
    ['replyContentType', 'text/plain\r\nX-Evil: 1'],
    ['replyContentType', 'nonsense'],
    ['maxCallMinutes', 0],
    ['maxCallMinutes', 601],
    ['maxCallMinutes', 1.5],
    ['maxCallMinutes', '240'],
  ])('refuses %s %j by a typed error that names the field', (field, value) => {
    const parse = () => parseCtiSettings({ [field]: value });
    expect(parse).toThrow(CtiSettingsInvalidError);
    expect(parse).toThrow(field);
  });

  it('refuses what is no object', () => {
    expect(() => parseCtiSettings('x')).toThrow(CtiSettingsInvalidError);
  });
});

describe('how long a call stays open', () => {
  it('is four hours, or what the tenant set', () => {
    expect(toMaxCallMs({})).toBe(4 * 60 * 60_000);
    expect(toMaxCallMs(parseCtiSettings({ maxCallMinutes: 1 }))).toBe(60_000);
    expect(toMaxCallMs(parseCtiSettings({ maxCallMinutes: 600 }))).toBe(10 * 60 * 60_000);
  });
});

describe('settings in a configuration', () => {
  it('fill their gaps with the defaults, undefined ones too', () => {
    const { callback } = toCtiConfig({ settings: { statusName: 'situacao', durationName: undefined } });
    expect(callback).toMatchObject({
      externalIdName: 'id',
      statusName: 'situacao',
      durationName: 'duracao',
      timeName: 'data_hora',
      replyBody: 'ok',
      replyContentType: 'text/plain; charset=utf-8',
    });
  });
});

describe('the status map', () => {
  it.each([
    ['ANSWERED', 'completed'],
    ['answer', 'completed'],
    ['Atendida', 'completed'],
    ['BUSY', 'busy'],
    ['ocupado', 'busy'],
    ['NO ANSWER', 'no_answer'],
    ['NOANSWER', 'no_answer'],
    ['no-answer', 'no_answer'],
    ['nao_atendida', 'no_answer'],
    ['Não Atendida', 'no_answer'],
    ['CANCEL', 'canceled'],
    ['FAILED', 'failed'],
    ['CONGESTION', 'failed'],
    ['CHANUNAVAIL', 'failed'],
    ['REJECTED', 'rejected'],
    ['VOICEMAIL', 'voicemail'],
    ['RINGING', undefined],
    ['__proto__', undefined],
    ['constructor', undefined],
    ['', undefined],
  ])('knows %j as %s', (status, result) => {
    expect(toCallResult(createStatusMap(), status)).toBe(result);
  });

  it("puts a tenant's own statuses over the built-in ones", () => {
    const map = createStatusMap({ Lig_Perdida: 'missed', answered: 'voicemail', ['__proto__']: 'busy' });
    expect(toCallResult(map, 'lig perdida')).toBe('missed');
    expect(toCallResult(map, 'ANSWERED')).toBe('voicemail');
    expect(toCallResult(map, 'ocupado')).toBe('busy');
  });
});
