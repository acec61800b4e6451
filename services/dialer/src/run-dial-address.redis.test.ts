import type { CtiGate, CtiOutcome, NewTrace } from '@ramal/bus';
import { createOutbound, parseAllowList } from '@ramal/outbound';
import { createMetrics } from '@ramal/runtime';
import { startPbx, type TestPbx } from '@ramal/testkit';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openTestDialer, profileOf, type TestDialer } from '../test/open-test-dialer.ts';
import { createEvents } from './events.ts';
import { runDial } from './run-dial.ts';

let dialer: TestDialer;
let pbx: TestPbx;
let traces: NewTrace[];
/** What the breaker of a CTI was told. */
let outcomes: CtiOutcome[];
beforeAll(async () => {
  dialer = await openTestDialer();
  pbx = await startPbx();
});
afterAll(async () => {
  await pbx.close();
  await dialer.close();
});
beforeEach(() => {
  dialer.noted.length = 0;
  traces = [];
  outcomes = [];
});

/** A first attempt, of several, by a dialer whose operator allows this. */
async function runWith(list: string, ip: string) {
  const job = await dialer.click();
  dialer.directory.profile = profileOf(pbx.port, { cti_ip: ip });
  const outbound = createOutbound({ allow: parseAllowList(list) });
  const recorder = {
    record: (_: string, trace: NewTrace) => void traces.push(trace),
    stop: async () => undefined,
  };
  const gate: CtiGate = {
    ...dialer.deps.gate,
    leave(tenant, fence, outcome) {
      outcomes.push(outcome);
      return dialer.deps.gate.leave(tenant, fence, outcome);
    },
  };
  await runDial({ ...job }, { number: 1, retryInMs: 250 }, { ...dialer.deps, gate, outbound, recorder });
  return dialer.eventsOf(job);
}

it.each([
  ['loopback', '127.0.0.1'],
  ['loopback', 'localhost'],
  ['loopback', '::ffff:127.0.0.1'],
  ['private', '10.0.0.5'],
  ['metadata', '169.254.169.254'],
  ['tunnel', '64:ff9b::a9fe:a9fe'],
])(
  'threat 2 a dial to a CTI at a %s address is over at once, and the agent hears a code alone: %s',
  async (kind, ip) => {
    const events = await runWith('', ip);
    expect(events.map((event) => ('reason' in event ? `${event.type} ${event.reason}` : event.type))).toEqual(
      ['call.requested', 'dial.failed cti_address_denied'],
    );
    expect(JSON.stringify(events)).not.toContain(ip);
    expect(pbx.connections).toBe(0);
    // The operator hears all of it, the flight recorder no address.
    const denied = dialer.noted.filter(({ event }) => event === 'addressDenied').map(({ fields }) => fields);
    expect(denied).toHaveLength(1);
    expect(JSON.parse(denied[0] ?? '{}')).toMatchObject({
      tenant: expect.stringMatching(/^tenant-/),
      callId: events[0]?.callId,
      host: ip,
      port: pbx.port,
      denied: expect.arrayContaining([{ address: expect.any(String), kind }]),
    });
    expect(traces.map(({ step, detail }) => ({ step, ...detail }))).toMatchObject([
      { step: 'job.taken' },
      { step: 'job.unsent', why: 'ADDRESS_DENIED', attempt: 1, retryInMs: null },
    ]);
  },
);

it('threat 2 what is refused is not the fault of the CTI: its breaker hears nothing of it', async () => {
  await runWith('', '127.0.0.1');
  expect(outcomes).toEqual(['neutral']);
  const told = await runWith('127.0.0.1', '127.0.0.1');
  expect(told.map(({ type }) => type)).toEqual(['call.requested', 'dial.requesting', 'dial.accepted']);
  expect(outcomes).toEqual(['neutral', 'ok']);
});

it('an address that is denied is logged and counted by what it is', async () => {
  const logged: { fields: object; message: string }[] = [];
  const note = (fields: object, message: string) => void logged.push({ fields, message });
  const metrics = createMetrics('dialer');
  const events = createEvents({ debug: note, info: note, warn: note, error: note, fatal: note }, metrics);
  const where = {
    host: 'pbx.example',
    port: 80,
    denied: [
      { address: '10.0.0.5', kind: 'private' as const },
      { address: '::1', kind: 'loopback' as const },
    ],
  };
  events.addressDenied({ ...where, tenant: 'acme' });
  expect(logged).toEqual([
    { fields: { ...where, tenant: 'acme' }, message: 'address denied: OUTBOUND_ALLOW does not have it' },
  ]);
  const text = await metrics.render();
  for (const kind of ['private', 'loopback']) {
    expect(text).toContain(`ramal_dialer_addresses_denied_total{kind="${kind}",service="dialer"} 1`);
  }
  expect(text).not.toContain('10.0.0.5');
});
