import { randomUUID } from 'node:crypto';
import type { Popup } from '@ramal/contracts';
import type { AgentClient } from '@ramal/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import { dial, popupSteps, waitForFinal, waitForPopup } from '../harness/agent-events.ts';
import { openTenant, type TestTenant } from '../harness/open-tenant.ts';
import { sendCallback } from '../harness/send-callback.ts';
import { type SharedStack, useSharedStack } from '../harness/shared-stack.ts';

let system: SharedStack;
let company: TestTenant;
let [ana, bruno, carla]: AgentClient[] = [];

useSharedStack(async (shared) => {
  system = shared;
  company = await openTenant(system, 'phones', {
    agentCount: 3,
    settings: { ringGroups: [['3501', '3502', '3503']], callIdName: 'ligacao' },
  });
  await company.openCti();
  [ana, bruno, carla] = await Promise.all(company.agents.map(({ user }) => company.connect(user)));
});
afterAll(async () => {
  await company?.close();
});

type Kind = 'incoming' | 'answered' | 'ended';

let lastPeer = 4_732_200_000;
const newPeer = () => String((lastPeer += 1));

async function tell(kind: Kind, variables: Record<string, string>): Promise<void> {
  const query = new URLSearchParams(variables);
  const url = `${system.dev.webhookUrl}/v1/cti/${company.callbackToken}/${kind}?${query}`;
  expect((await sendCallback(url)).status).toBe(200);
}

function agents(): [AgentClient, AgentClient, AgentClient] {
  if (ana === undefined || bruno === undefined || carla === undefined) throw new Error('not connected');
  return [ana, bruno, carla];
}

/** The reason why a pop-up went from this agent's screens. */
async function waitForHidden(agent: AgentClient, { popupId }: Popup): Promise<string> {
  const event = await agent.waitFor(
    ({ op, data }) => op === 'popup.hide' && 'popupId' in data && data.popupId === popupId,
  );
  return (event.data as { hidden: string }).hidden;
}

describe('R45 R46 a ring group is one call', () => {
  test.each([
    ['by the CTI’s id', (id: string) => ({ id })],
    ['by who rings together, where the CTI has no ids', () => ({})],
  ])('%s: one takes it, the others’ pop-ups say why they hide', async (_how, toId) => {
    const [peer, all] = [newPeer(), agents()];
    const id = toId(randomUUID());
    // All at the same moment, as CTIs do.
    await Promise.all(
      company.agents.map(({ ramal }) => tell('incoming', { origem: peer, destino: ramal, ...id })),
    );
    const shown = await Promise.all(all.map((agent) => waitForNumber(agent, 'incoming', peer)));
    const callId = shown[0]?.callId ?? '';
    expect(new Set(shown.map((popup) => popup.callId))).toEqual(new Set([callId]));

    await tell('answered', { origem: peer, destino: '3502', ...id });
    const hidden = await Promise.all(
      [0, 2].map((n) => waitForHidden(all[n] as AgentClient, shown[n] as Popup)),
    );
    expect(hidden).toEqual(['answered_elsewhere', 'answered_elsewhere']);
    await tell('ended', { origem: peer, destino: '3501', status: 'no_answer', duracao: '0', ...id });
    await tell('ended', { origem: peer, destino: '3503', status: 'no_answer', duracao: '0', ...id });
    const sync = (await all[0].request('sync')) as { calls: { callId: string }[] };
    expect(sync.calls.filter((call) => call.callId === callId)).toEqual([]);
    await tell('ended', { origem: peer, destino: '3502', duracao: '42', ...id });
    expect(await waitForPopup(all[1], 'end', callId)).toMatchObject({ result: 'completed', durationSec: 42 });
    expect(await waitForHidden(all[1], shown[1] as Popup)).toBe('ended');

    // Sentinel: whatever the call had for the others would have come before this one.
    const next = newPeer();
    for (const ramal of ['3501', '3503']) {
      await tell('incoming', { origem: next, destino: ramal });
      await tell('ended', { origem: next, destino: ramal });
    }
    for (const agent of [all[0], all[2]]) {
      await waitForNumber(agent, 'end', next);
      expect(popupSteps(agent, callId)).toEqual(['show incoming', 'hide incoming']);
    }
    await system.history.waitForEnd(callId);
    const stored = await system.history.calls({ tenant: company.tenant, peer });
    expect(stored).toMatchObject([
      { user_name: 'agent-2', ramal: '3502', duration_sec: 42, result: 'completed' },
    ]);
  });
});

describe('R45 R46 an internal call that the CTI alone tells of', () => {
  test('is one call, and each agent has pop-ups of it with the other one', async () => {
    const [caller, , callee] = agents();
    const between = { origem: '3501', destino: '3503' };
    await tell('incoming', between);
    const ringing = await waitForNumber(callee, 'incoming', '3501');
    const calling = await waitForNumber(caller, 'start', '3503');
    expect(calling.callId).toBe(ringing.callId);
    expect([calling, ringing]).toMatchObject([
      { direction: 'internal', ramal: '3501' },
      { direction: 'internal', ramal: '3503' },
    ]);
    await tell('answered', between);
    await tell('ended', { ...between, duracao: '5' });
    const ends = await Promise.all(
      [caller, callee].map((agent) => waitForPopup(agent, 'end', ringing.callId)),
    );
    expect(ends.map(({ peer }) => peer.raw)).toEqual(['3503', '3501']);
    await system.history.waitForEnd(ringing.callId);
    expect(await system.history.calls({ tenant: company.tenant, direction: 'internal' })).toHaveLength(1);
  });
});

describe('R46 who is called again', () => {
  test('soon after the end, without ids: two calls, each with its pop-ups', async () => {
    const [peer, [agent]] = [newPeer(), agents()];
    const about = { origem: peer, destino: '3501' };
    const at = (second: number) => ({ data_hora: String(1_790_000_000 + second) });
    await tell('incoming', { ...about, ...at(0) });
    await tell('ended', { ...about, ...at(9) });
    await tell('incoming', { ...about, ...at(12) });
    await tell('incoming', { ...about, ...at(0) });
    await tell('answered', { ...about, ...at(15) });
    await tell('ended', { ...about, ...at(75), duracao: '60' });
    const ids = await sleepForCalls(agent, peer, 2);
    const stored = await system.history.waitForCalls(
      { tenant: company.tenant, peer },
      (calls) => calls.length === 2 && calls.every(({ state }) => state === 'ended'),
    );
    expect(stored.map(({ call_id, result }) => [call_id, result])).toEqual([
      [ids[0], 'missed'],
      [ids[1], 'completed'],
    ]);
  });
});

describe('R46 our own call id, sent back by the CTI', () => {
  test('names the call whatever the numbers have become', async () => {
    const [agent] = agents();
    const intentId = randomUUID();
    company.simulator.behave({ callbacks: false });
    const callId = await dial(agent, intentId, '4732299001');
    await waitForFinal(agent, intentId);
    const [originate] = company.originates('4732299001');
    expect(new URL(originate?.url ?? '', 'http://cti').searchParams.get('ligacao')).toBe(callId);
    await tell('ended', { origem: '9', destino: '5', ligacao: callId, duracao: '11' });
    const stored = await system.history.waitForEnd(callId);
    const events = await system.history.events(callId);
    expect(stored).toMatchObject({ duration_sec: 11 });
    expect(events.map((event) => ('matchedBy' in event ? event.matchedBy : ''))).toContain('intent');
  });
});

async function waitForNumber(agent: AgentClient, kind: Popup['kind'], peer: string): Promise<Popup> {
  const event = await agent.waitFor(
    ({ op, data }) => op === 'popup.show' && 'kind' in data && data.kind === kind && data.peer.raw === peer,
  );
  return event.data as Popup;
}

/** The ids of the calls with this number that the agent was shown an end of, in order. */
async function sleepForCalls(agent: AgentClient, peer: string, count: number): Promise<string[]> {
  const ids = new Set<string>();
  while (ids.size < count) {
    const { data } = await agent.waitFor(
      (event) =>
        event.op === 'popup.show' &&
        'kind' in event.data &&
        event.data.kind === 'end' &&
        event.data.peer.raw === peer &&
        !ids.has(event.data.callId),
    );
    ids.add((data as Popup).callId);
  }
  return [...ids];
}
