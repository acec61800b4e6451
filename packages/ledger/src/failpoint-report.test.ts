import { expect, it } from 'vitest';
import type { BookedDial } from './dial-book.ts';
import { type JudgedDial, toFailpointReport } from './failpoint-report.ts';
import type { IntentFault } from './judge-intents.ts';

const judged = (phase: string, faults: IntentFault[], marginMs: number | null): JudgedDial => ({
  dial: {
    phase,
    agent: { tenant: 'dials-1' },
    askedMs: 0,
    told: [{ state: 'dial.accepted', heardMs: 200 }],
  } as unknown as BookedDial,
  originates: 1,
  verdict: { faults, marginMs, finalAfterMs: 200 },
});
const report = (dials: JudgedDial[], deaths: Record<string, { killed: number; crashed: number }>) =>
  toFailpointReport({
    judged: dials,
    deaths: new Map(Object.entries(deaths).map(([name, one]) => [name, { ...one, unproven: [] }])),
    gateways: 2,
    seed: 7,
    seconds: 1,
  });

it('is fine where nothing was found and somebody died at each point', () => {
  const { failpoints, ...whole } = report(
    [judged('after_sent', [], 9000), judged('after_claim', [], 400.4)],
    { after_sent: { killed: 3, crashed: 0 }, after_claim: { killed: 1, crashed: 0 } },
  );
  expect(whole).toMatchObject({ ok: true, mode: 'failpoints', intents: 2, kills: 4, worstMarginMs: 400 });
  expect(failpoints['after_sent']).toMatchObject({ intents: 1, kills: 3, accepted: 1, worstMarginMs: 9000 });
});

it('is not fine where nobody died at a point: nothing is shown of it', () => {
  const found = report([judged('after_sent', [], 1)], { after_sent: { killed: 0, crashed: 0 } });
  expect(found).toMatchObject({ ok: false, noKills: 1 });
});

it('is not fine where something was found, or a dialer ended by itself', () => {
  const deaths = { after_sent: { killed: 1, crashed: 0 } };
  expect(report([judged('after_sent', ['doubleOriginates'], 1)], deaths)).toMatchObject({
    ok: false,
    doubleOriginates: 1,
  });
  expect(report([], { after_sent: { killed: 1, crashed: 2 } })).toMatchObject({ ok: false, crashes: 2 });
});
