import { randomUUID } from 'node:crypto';
import type { CtiSettings } from '@ramal/cti';
import type { BehaviourPatch } from '@ramal/simulator';
import { sleepUntil } from '@ramal/testkit';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { dial, dialSteps, finalStates, waitForFinal } from '../harness/agent-events.ts';
import { openTenant } from '../harness/open-tenant.ts';
import { type SharedStack, useSharedStack } from '../harness/shared-stack.ts';

vi.setConfig({ maxConcurrency: 10 });

const NUMBER = '4732100701';
/** The click's deadline and the time until the last word on it (I2), in ms. */
const LAST_WORD_MS = 12_000;

let system: SharedStack;
const opened: { close(): Promise<void> }[] = [];

useSharedStack((shared) => {
  system = shared;
});
afterAll(async () => {
  await Promise.all(opened.map((tenant) => tenant.close()));
});

async function open(name: string, settings: CtiSettings, behaviour: BehaviourPatch = {}) {
  const tenant = await openTenant(system, name, { settings });
  opened.push(tenant);
  tenant.simulator.behave(behaviour);
  await tenant.openCti();
  return { ...tenant, agent: await tenant.connect() };
}

describe.concurrent('I1 a CTI that promises more than HTTP', () => {
  test('and placed nothing twice is asked a third time, and the agent hears one final state', async () => {
    const company = await open('not-placed', { notPlacedStatuses: [429, 503] }, { status: 503, times: 2 });
    const intentId = randomUUID();
    await dial(company.agent, intentId, NUMBER);
    expect(await waitForFinal(company.agent, intentId)).toMatchObject({ op: 'dial.accepted' });
    expect(company.originates()).toHaveLength(3);
    expect(finalStates(company.agent, intentId)).toHaveLength(1);
    expect(dialSteps(company.agent, intentId).filter((op) => op === 'dial.requesting')).toHaveLength(3);
  });

  test('and goes on placing nothing is busy, in time', async () => {
    const company = await open('never-placed', { notPlacedStatuses: [503] }, { status: 503 });
    const intentId = randomUUID();
    await dial(company.agent, intentId, NUMBER);
    const final = await waitForFinal(company.agent, intentId, LAST_WORD_MS + 2_000);
    expect(final).toMatchObject({ op: 'dial.failed', reason: 'cti_busy' });
    expect(company.originates().length).toBeGreaterThan(2);
    expect(finalStates(company.agent, intentId)).toEqual(['dial.failed']);
  });

  test('and is idempotent is asked again after a reset', async () => {
    const settings = { originateIdempotent: true, callIdName: 'ligacao' };
    const company = await open('idempotent', settings, { fault: 'reset_before_reply', times: 1 });
    const intentId = randomUUID();
    await dial(company.agent, intentId, NUMBER);
    expect(await waitForFinal(company.agent, intentId)).toMatchObject({ op: 'dial.accepted' });
    expect(company.originates()).toHaveLength(2);
  });
});

test('I1 two clicks at once on two screens are one dial, and either name takes it back or repeats it', async () => {
  const company = await open('two-clicks', {});
  const screens = [company.agent, await company.connect()];
  const names = [randomUUID(), randomUUID()];
  const clicks = screens.map((screen, i) => screen.request('dial', { intentId: names[i], to: NUMBER }));
  const [one, two] = (await Promise.all(clicks)) as { intentId: string; callId: string }[];
  expect(one).toEqual(two);
  const intentId = one?.intentId;
  if (intentId === undefined) throw new Error('no acknowledgement');
  expect(names).toContain(intentId);
  expect(await waitForFinal(company.agent, intentId)).toMatchObject({ op: 'dial.accepted' });
  const other = names.find((name) => name !== intentId);
  expect(await company.agent.request('dial', { intentId: other, to: NUMBER })).toEqual(one);
  await expect(company.agent.request('dial.cancel', { intentId: other })).rejects.toMatchObject({
    code: 'intent_not_cancelable',
  });
  expect(company.originates()).toHaveLength(1);
});

test('I1 I2 a dialer that dies between the record and the first byte: nobody is asked, and the end is told', async () => {
  const company = await open('killed', {});
  const before = system.stack.deaths('dialer');
  const starts = () =>
    system.stack.output('dialer').filter((line) => line.includes('dialer is ready')).length;
  const startsBefore = starts();
  await system.stack.restartWith('dialer', { RAMAL_FAILPOINTS: 'dialer.after_sent=kill' });
  await sleepUntil(() => starts() > startsBefore, {
    timeoutMs: 30_000,
    describe: 'a dialer with failpoints',
  });
  const intentId = randomUUID();
  await dial(company.agent, intentId, NUMBER);
  await sleepUntil(() => JSON.stringify(system.stack.deaths('dialer')) !== JSON.stringify(before), {
    timeoutMs: 30_000,
    describe: 'the dialer’s death',
  });
  const final = await waitForFinal(company.agent, intentId, LAST_WORD_MS + 4_000);
  expect(final).toMatchObject({ op: 'dial.uncertain' });
  expect(company.originates()).toHaveLength(0);
  expect(finalStates(company.agent, intentId)).toEqual(['dial.uncertain']);
  expect(system.stack.output('dialer').join()).toContain('FAILPOINTS ARE ON');
  // For whoever uses it next: one that lives.
  await system.stack.stopService('dialer');
  await system.stack.startService('dialer');
}, 90_000);
