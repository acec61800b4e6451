import { describe, expect, it } from 'vitest';
import { readStoredRows } from './cti-config.ts';
import { createStatusMap, toCallResult } from './call-status.ts';
import {
  CtiSettingsInvalidError,
  parseCtiSettings,
  toCtiConfig,
  toDialPolicy,
  toMaxCallMs,
} from './index.ts';

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
    ['notPlacedStatuses', 503],
    ['notPlacedStatuses', [200]],
    ['notPlacedStatuses', ['503']],
    ['notPlacedStatuses', Array.from({ length: 21 }, (_, i) => 400 + i)],
    ['originateIdempotent', 'true'],
    ['originateIdempotent', true],
    ['destinations', { international: 'yes' }],
    ['destinations', { international: ['351'] }],
    ['destinations', { allow: ['+'] }],
    ['destinations', { deny: [''] }],
    ['destinations', { denny: ['+351'] }],
    ['dialLimits', { agentPerMinute: 0 }],
    ['dialLimits', { agentPerMinute: '30' }],
    ['dialLimits', { agentPerSecond: 1 }],
    ['dialsBlocked', 'true'],
    ['maxConcurrentDials', 0],
    ['maxConcurrentDials', 201],
    ['maxConcurrentDials', 1.5],
    ['maxDialsPerSecond', 0],
    ['maxDialsPerSecond', 201],
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

describe('threat 1 the dial policy', () => {
  it('without settings opens nothing and blocks nothing', () => {
    expect(toDialPolicy({})).toEqual({
      destinations: { international: false, premium: false, allow: [], deny: [] },
      limits: {
        agentPerMinute: 30,
        agentPerHour: 600,
        tenantPerMinute: 600,
        tenantPerHour: 20_000,
        destinationPerMinute: 10,
        destinationPerHour: 60,
      },
      blocked: false,
    });
  });

  it('takes what is set, and fills the rest', () => {
    const settings = parseCtiSettings({
      destinations: { international: ['+351'], deny: ['0800', '*21*'] },
      dialLimits: { agentPerMinute: 5 },
      dialsBlocked: true,
    });
    expect(toDialPolicy(settings)).toMatchObject({
      destinations: { international: ['+351'], premium: false, allow: [], deny: ['0800', '*21*'] },
      limits: { agentPerMinute: 5, tenantPerMinute: 600 },
      blocked: true,
    });
  });
});

describe('I1 what a CTI promises about a dial', () => {
  const row = { cti_nome_origem: 'origem', cti_nome_destino: 'destino' };
  const dialectOf = (settings: object) => {
    const { reading } = readStoredRows({ empresas: row, settings: parseCtiSettings(settings) });
    return reading.config.dialect;
  };

  it('is nothing, or what the tenant set', () => {
    expect(dialectOf({})).toEqual({ notPlacedStatuses: [], originateIdempotent: false });
    expect(
      dialectOf({ notPlacedStatuses: [429, 503], originateIdempotent: true, callIdName: 'uuid' }),
    ).toEqual({ notPlacedStatuses: [429, 503], originateIdempotent: true });
  });

  it.each(['origem', 'destino', 'token'])(
    'is never that asking twice is safe where %s takes our id’s place',
    (name) => {
      expect(dialectOf({ originateIdempotent: true, callIdName: name }).originateIdempotent).toBe(false);
    },
  );

  it('can’t be that asking twice is safe where the CTI is told no id', () => {
    expect(() => parseCtiSettings({ originateIdempotent: true, callIdName: '' })).toThrow(
      'originateIdempotent',
    );
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
