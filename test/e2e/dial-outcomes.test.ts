import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BehaviourPatch } from '@ramal/simulator';
import { type AgentClient, sleepUntil } from '@ramal/testkit';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { dial, dialSteps, finalStates, waitForFinal, waitForPopup } from '../harness/agent-events.ts';
import { openTenant, type TestTenant } from '../harness/open-tenant.ts';
import { type SharedStack, useSharedStack } from '../harness/shared-stack.ts';

// Each test has a company and a CTI of its own, so that the slow ones wait side by side.
vi.setConfig({ maxConcurrency: 20 });

const NUMBER = '4732100701';
const SENTINEL = '4732100799';
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

async function open(name: string, behaviour?: BehaviourPatch): Promise<TestTenant & { agent: AgentClient }> {
  const tenant = await openTenant(system, name);
  opened.push(tenant);
  if (behaviour !== undefined) {
    tenant.simulator.behave(behaviour);
    await tenant.openCti();
  }
  return { ...tenant, agent: await tenant.connect() };
}

/** A company whose CTI is a bare HTTP server; `requests` are the addresses it was asked for. */
async function openServer(name: string, answer: (response: ServerResponse) => void) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const company = await openTenant(system, name, { ctiPort: (server.address() as AddressInfo).port });
  opened.push(company, {
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return { agent: await company.connect(), requests };
}

/** How often a dialer gave an attempt up before anything was sent. */
function unsentAttempts(intentId: string): number {
  return system.stack
    .output('dialer')
    .filter((line) => line.includes('"dial not sent"') && line.includes(intentId)).length;
}

/**
 * Dials once more with a healthy CTI and waits for its end, on the screen and in the history: whatever was
 * still to come of the dial before has come by then, for a tenant's events are stored in order.
 */
async function dialSentinel({ agent, simulator }: { agent: AgentClient } & Pick<TestTenant, 'simulator'>) {
  simulator.resetBehaviour();
  const intentId = randomUUID();
  const callId = await dial(agent, intentId, SENTINEL);
  expect(await waitForFinal(agent, intentId)).toMatchObject({ op: 'dial.accepted' });
  await system.history.waitForEvent(callId, 'dial.accepted');
}

describe.concurrent('a CTI that answers', () => {
  test.each<[string, BehaviourPatch, object]>([
    ['401', { status: 401 }, { op: 'dial.failed', reason: 'cti_auth_failed' }],
    ['404', { status: 404 }, { op: 'dial.failed', reason: 'cti_rejected' }],
    ['500', { status: 500 }, { op: 'dial.uncertain', reason: 'cti_error' }],
    ['503', { status: 503 }, { op: 'dial.uncertain', reason: 'cti_error' }],
    ['302', { fault: 'redirect' }, { op: 'dial.failed', reason: 'cti_redirected' }],
    ['reset', { fault: 'reset_before_reply' }, { op: 'dial.uncertain', reason: 'cti_reset' }],
    ['garbage', { fault: 'garbage' }, { op: 'dial.uncertain', reason: 'cti_reset' }],
    ['50 MB', { fault: 'huge_body' }, { op: 'dial.accepted', reason: undefined }],
  ])('I1 with %s gets one request, and the agent one final state', async (name, behaviour, expected) => {
    const company = await open(`answers-${name}`, { ...behaviour, times: 1 });
    const { agent } = company;
    const intentId = randomUUID();
    const callId = await dial(agent, intentId, NUMBER);
    expect(await waitForFinal(agent, intentId)).toMatchObject(expected);
    await dialSentinel(company);
    expect(company.originates().map(({ destination }) => destination)).toEqual([NUMBER, SENTINEL]);
    expect(finalStates(agent, intentId)).toHaveLength(1);
    const stored = await system.history.events(callId);
    expect(stored.filter(({ type }) => /^dial\.(?!requesting)/.test(type))).toHaveLength(1);
  });

  test('threat 2 I1 with a redirect to a place we can see is not followed there', async () => {
    const { agent, requests } = await openServer('redirecting', (response) => {
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    for (const number of [NUMBER, SENTINEL]) {
      const intentId = randomUUID();
      await dial(agent, intentId, number);
      expect(await waitForFinal(agent, intentId)).toMatchObject({ reason: 'cti_redirected' });
    }
    expect(requests).toEqual([NUMBER, SENTINEL].map((n) => `/api/clicktodial?origem=3501&destino=${n}`));
  });

  test('I1 I2 with 200 and a body that never ends: accepted, in time', async () => {
    const { agent, requests } = await openServer('endless', (response) => {
      response.writeHead(200).write('{"status":');
    });
    const intentId = randomUUID();
    const clickedAt = performance.now();
    await dial(agent, intentId, NUMBER);
    expect(await waitForFinal(agent, intentId, LAST_WORD_MS + 2000)).toMatchObject({ op: 'dial.accepted' });
    expect(performance.now() - clickedAt).toBeLessThan(LAST_WORD_MS);
    expect(requests).toHaveLength(1);
  });

  test('R43 with a reset though it placed the call: uncertain, until its callbacks tell that the call took place', async () => {
    const company = await open('uncertain', {
      fault: 'reset_before_reply',
      callOnFault: true,
      times: 1,
      ringMs: 600,
    });
    const { agent } = company;
    const intentId = randomUUID();
    const callId = await dial(agent, intentId, NUMBER);
    expect(await waitForFinal(agent, intentId)).toMatchObject({ op: 'dial.uncertain', reason: 'cti_reset' });
    const end = await waitForPopup(agent, 'end', callId);
    expect(end).toMatchObject({ result: 'completed', state: 'ended' });
    expect(end.reason).toBeUndefined();
    const stored = await system.history.waitForEnd(callId);
    expect(stored).toMatchObject({ result: 'completed', reason: null, matched_by: 'numbers' });
    expect(await system.history.calls({ tenant: 'uncertain' })).toHaveLength(1);
    expect(company.originates()).toHaveLength(1);
  });

  test('I1 I2 with silence: uncertain at the latest 2 s after the deadline, one request, and no way to cancel it', async () => {
    const company = await open('mute', { fault: 'mute', times: 1 });
    const { agent } = company;
    const intentId = randomUUID();
    const clickedAt = performance.now();
    const callId = await dial(agent, intentId, NUMBER);
    await agent.waitFor('dial.requesting');
    await expect(agent.request('dial.cancel', { intentId })).rejects.toMatchObject({
      code: 'intent_not_cancelable',
    });
    const final = await waitForFinal(agent, intentId, LAST_WORD_MS + 2000);
    expect(performance.now() - clickedAt).toBeLessThan(LAST_WORD_MS);
    expect(final).toMatchObject({ op: 'dial.uncertain', reason: 'cti_timeout' });
    await dialSentinel(company);
    expect(finalStates(agent, intentId)).toEqual(['dial.uncertain']);
    expect(company.originates(NUMBER)).toHaveLength(1);
    expect(await system.history.waitForCalls({ call_id: callId }, () => true)).toMatchObject([
      { state: 'requesting', reason: 'cti_timeout' },
    ]);
  });
});

describe.concurrent('a CTI that refuses connections', () => {
  test('I1 twice, and then accepts: exactly one request, and the dial is accepted', async () => {
    const company = await open('recovers');
    const { agent } = company;
    const intentId = randomUUID();
    await dial(agent, intentId, NUMBER);
    await sleepUntil(() => unsentAttempts(intentId) >= 2, { describe: 'two refused attempts' });
    await company.openCti();
    expect(await waitForFinal(agent, intentId)).toMatchObject({ op: 'dial.accepted' });
    await dialSentinel(company);
    expect(company.originates().map(({ destination }) => destination)).toEqual([NUMBER, SENTINEL]);
    expect(dialSteps(agent, intentId)).toEqual(['dial.queued', 'dial.requesting', 'dial.accepted']);
  });

  test('I2 for good: failed as unreachable in time, and nothing is sent when it is back', async () => {
    const company = await open('down');
    const { agent } = company;
    const intentId = randomUUID();
    const clickedAt = performance.now();
    const callId = await dial(agent, intentId, NUMBER);
    const final = await waitForFinal(agent, intentId, LAST_WORD_MS + 2000);
    expect(performance.now() - clickedAt).toBeLessThan(LAST_WORD_MS);
    expect(final).toMatchObject({ op: 'dial.failed', reason: 'cti_unreachable' });
    expect(unsentAttempts(intentId)).toBeGreaterThan(1);
    await company.openCti();
    await dialSentinel(company);
    expect(company.originates().map(({ destination }) => destination)).toEqual([SENTINEL]);
    expect(finalStates(agent, intentId)).toEqual(['dial.failed']);
    expect(await system.history.waitForEnd(callId)).toMatchObject({
      result: 'failed',
      reason: 'cti_unreachable',
    });
  });

  test('I1 a dial that is canceled meanwhile fails by the agent’s wish, and is never sent', async () => {
    const company = await open('canceled');
    const { agent } = company;
    const intentId = randomUUID();
    const callId = await dial(agent, intentId, NUMBER);
    await sleepUntil(() => unsentAttempts(intentId) >= 1, { describe: 'a refused attempt' });
    expect(await agent.request('dial.cancel', { intentId })).toEqual({ intentId, callId });
    const failed = { op: 'dial.failed', reason: 'canceled_by_agent' };
    expect(await waitForFinal(agent, intentId)).toMatchObject(failed);
    await company.openCti();
    await dialSentinel(company);
    expect(company.originates().map(({ destination }) => destination)).toEqual([SENTINEL]);
    expect(finalStates(agent, intentId)).toEqual(['dial.failed']);
    expect(await system.history.waitForEnd(callId)).toMatchObject({ result: 'canceled' });
  });
});
