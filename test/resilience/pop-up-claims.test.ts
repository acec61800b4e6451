import { presenceResponse } from '@ramal/contracts';
import { type AgentClient, connectAgent, sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendCallback } from '../harness/send-callback.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

let system: TestStack;
beforeAll(async () => {
  system = await startTestStack({
    only: ['webhook', 'ws-gateway', 'api'],
    replicas: { 'ws-gateway': 2 },
  });
});
afterAll(() => system?.stop());

interface Page {
  tab: string;
  gateway?: number;
  resume?: { epoch: string; seq: number };
}

async function open(user: string, { tab, gateway = 0, resume }: Page): Promise<AgentClient> {
  const token = await system.signToken('demo', user, user === 'ana' ? '3501' : '3502');
  return connectAgent({ gatewayUrl: system.dev.gatewayUrls[gateway] ?? '', token, tab, resume });
}

/** Rings at an extension; returns the pop-up's id and whether each page claims it. */
async function ring(ramal: string, pages: readonly AgentClient[], from: string) {
  const { webhookUrl } = system.dev;
  const url = `${webhookUrl}/v1/cti/${system.callbackTokenOf('demo')}/incoming?origem=${from}&destino=${ramal}`;
  expect((await sendCallback(url)).status).toBe(200);
  const shows = await Promise.all(pages.map((page) => page.waitFor('popup.show')));
  return { popupId: shows[0]?.data.popupId ?? '', claimed: shows.map((show) => show.claimed) };
}

async function presenceOf(user: string) {
  const { status, body } = await system.api('GET', `/v1/presence?tenant=demo&user=${user}`);
  expect(status).toBe(200);
  return presenceResponse.parse(body).agents;
}

test('R44 kill -9 of a gateway: its tab claims again what it claimed, and passes it on when it is closed', async () => {
  const one = await open('ana', { tab: 'a' });
  const other = await open('ana', { tab: 'b', gateway: 1 });
  const [agent] = await presenceOf('ana');
  expect(agent).toMatchObject({ ramal: '3501', connections: [{ open: true }, { open: true }] });
  expect(new Set(agent?.connections.map(({ gateway }) => gateway)).size).toBe(2);

  const { popupId, claimed } = await ring('3501', [one, other], '47910000001');
  expect(claimed).toEqual([false, true]);

  system.stack.kill('ws-gateway-2', 'SIGKILL');
  await other.closed;
  const again = await open('ana', { tab: 'b', resume: other.resumeAt });
  expect(again.ready.claimed).toEqual([popupId]);
  await system.stack.restartOf('ws-gateway-2');

  await again.close();
  const told = await one.waitFor('popup.claim');
  expect(told.data).toEqual({ popupId, claimed: true });
  // Told perhaps more than once, but never of anything else.
  for (const event of one.events) if (event.op === 'popup.claim') expect(event.data).toEqual(told.data);

  await one.request('focus');
  const third = await open('ana', { tab: 'c', gateway: 1 });
  expect((await ring('3501', [one, third], '47910000002')).claimed).toEqual([false, true]);
  await one.request('popup.dismiss', { popupId });
  await third.waitFor('popup.hide');
  await Promise.all([one.request('logout'), third.request('logout')]);
});

test('R44 logging out counts at once, a closed page a little longer, and stopping a gateway changes nothing', async () => {
  const [stays, leaves] = [await open('bruno', { tab: 'a' }), await open('bruno', { tab: 'b', gateway: 1 })];
  await leaves.request('logout');
  expect((await presenceOf('bruno'))[0]?.connections).toHaveLength(1);
  await stays.close();
  await sleepUntil(async () => (await presenceOf('bruno'))[0]?.connections[0]?.open === false);
  await system.stack.stopService('ws-gateway');
  expect((await presenceOf('bruno'))[0]?.connections).toMatchObject([{ open: false }]);
  await system.stack.startService('ws-gateway');
});
