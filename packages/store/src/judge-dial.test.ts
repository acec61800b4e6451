import { type CtiSettings, toCtiConfig, toDialPolicy, toNumberingSettings } from '@ramal/cti';
import { expect, it } from 'vitest';
import { judgeDial } from './judge-dial.ts';
import type { TenantProfile } from './tenant-lookup.ts';

function profileOf(settings: CtiSettings = {}, row: object = {}): TenantProfile {
  const empresas = {
    usa_cti: 1,
    cti_autenticacao: 1,
    cti_tipo: 10,
    cti_protocolo: 'http',
    cti_ip: '127.0.0.1',
    cti_caminho: 'api',
    cti_nome_origem: 'origem',
    cti_nome_destino: 'destino',
    ...row,
  };
  return {
    tenant: { empresaId: 1, tenant: 'acme', name: null, active: true, vip: false, database: null },
    cti: toCtiConfig({ empresas, settings }),
    ramalMaxDigits: 5,
    numbering: toNumberingSettings(settings),
    maxCallMs: 60_000,
    policy: toDialPolicy(settings),
    retention: null,
    ctiLimits: { maxConcurrentDials: 10, maxDialsPerSecond: 10 },
    ringGroups: new Map(),
    userByRamal: new Map([['3501', 'ana']]),
    ramalByUser: new Map([['ana', '3501']]),
  };
}

it('threat 1 all spellings of a number are one destination, with the opt-in and without', () => {
  for (const normalize of [true, false]) {
    const profile = profileOf({ normalize, areaCode: '47' });
    const spellings = ['4732100123', '32100123', '0154732100123', '+554732100123', '(47) 3210-0123'];
    const found = new Set(spellings.map((to) => judgeDial(profile, to).destination));
    expect([...found]).toEqual(['+554732100123']);
  }
});

it('threat 1 an extension is no destination that is counted, and emergency services have no limits', () => {
  expect(judgeDial(profileOf(), '3502')).toMatchObject({ denied: null, internal: true, destination: null });
  expect(judgeDial(profileOf(), '190')).toMatchObject({ denied: null, limits: null });
  expect(judgeDial(profileOf(), '4732100123').limits).toMatchObject({ agentPerMinute: 30 });
});

it('threat 1 the kill switch goes before everything else', () => {
  const profile = profileOf({ dialsBlocked: true });
  for (const to of ['4732100123', '0900123456', '3502', '190']) {
    expect(judgeDial(profile, to).denied).toBe('dials_blocked');
  }
});

it('threat 1 the line prefix that is put before a number is judged with it', () => {
  const row = { cti_usa_linha: 1, cti_numero_linha: '0' };
  expect(judgeDial(profileOf({ areaCode: '47' }, row), '351912345678').denied).toBe(
    'destination_international',
  );
  expect(judgeDial(profileOf({}, row), '04732100123').denied).toBeNull();
  // A company whose CTI is not configured is judged all the same.
  expect(judgeDial(profileOf({}, { cti_tipo: 9 }), '0900123456').denied).toBe('destination_premium');
});
