import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Socket } from 'node:net';
import { createNames } from '@ramal/contracts';
import { type AgentClient, sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dial, finalStates, waitForFinal } from '../harness/agent-events.ts';
import { openTenant } from '../harness/open-tenant.ts';
import { redisCommand } from '../harness/redis-command.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

let system: TestStack;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  system = await startTestStack({
    only: ['history', 'dialer', 'ws-gateway'],
    replicas: { dialer: 2 },
  });
});
afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()));
  await system?.stop();
});

/** A CTI that counts connections and does to each what `onConnection` says at the time; `answer` makes it a healthy one. */
async function openCti(name: string, settings = {}) {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const http = createHttp((request, response) => {
    requests.push(request.url ?? '');
    response.end('ok');
  });
  const answer = (socket: Socket) => void http.emit('connection', socket);
  const cti = { onConnection: (socket: Socket) => void socket.resetAndDestroy(), connections: 0 };
  const server = createTcp((socket) => {
    sockets.add(socket.on('error', () => undefined));
    cti.connections += 1;
    cti.onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const company = await openTenant(system, name, {
    ctiPort: (server.address() as AddressInfo).port,
    settings,
  });
  opened.push(company, {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return Object.assign(cti, { requests, answer, company, agent: await company.connect() });
}

let numbers = 0;
/** Each click on a number of its own. */
async function click(agent: AgentClient): Promise<string> {
  const intentId = randomUUID();
  numbers += 1;
  await dial(agent, intentId, `47321${String(numbers).padStart(5, '0')}`);
  return intentId;
}
const toStatuses = (agent: AgentClient) =>
  agent.events.flatMap((event) => (event.op === 'cti.status' ? [event.data] : []));

/** What a gateway counted of the dial frames it answered. */
async function readDials(outcome: string): Promise<number> {
  const response = await fetch(`${system.dev.services['ws-gateway']?.opsUrl}/metrics`);
  const line = new RegExp(`^ramal_gateway_dials_total\\{.*outcome="${outcome}".*\\} (\\d+)$`, 'm');
  return Number(line.exec(await response.text())?.[1] ?? 0);
}

/** Makes the time pass that the breaker stays open. */
async function passOpenTime(tenant: string): Promise<void> {
  await redisCommand(system.dev.redisUrl, 'HSET', createNames().cti(tenant), 'until', '1');
}

describe('I1 a CTI that fails five dials in a row', () => {
  test('is not asked any more, its agents are told, and the next click after a while finds it back', async () => {
    const sick = await openCti('sick-cti');
    const well = await openCti('well-cti');
    well.onConnection = well.answer;

    const first = await Promise.all(Array.from({ length: 5 }, () => click(sick.agent)));
    await sleepUntil(() => toStatuses(sick.agent).length > 0);
    expect(toStatuses(sick.agent)).toEqual([{ enabled: true, state: 'down' }]);
    for (const intentId of first) await waitForFinal(sick.agent, intentId, 15_000);
    const another = await sick.company.connect();
    expect(another.ready.cti).toEqual({ enabled: true, state: 'down' });

    const before = sick.connections;
    const refused = await Promise.all(Array.from({ length: 8 }, () => click(sick.agent)));
    for (const intentId of refused) {
      expect(await waitForFinal(sick.agent, intentId)).toMatchObject({
        op: 'dial.failed',
        reason: 'cti_unavailable',
      });
      expect(finalStates(sick.agent, intentId)).toEqual(['dial.failed']);
    }
    expect(sick.connections).toBe(before);
    expect(await readDials('cti_unavailable')).toBe(refused.length);

    // Another company's dials don't feel it, and it is told nothing.
    expect(await waitForFinal(well.agent, await click(well.agent))).toMatchObject({ op: 'dial.accepted' });
    expect(toStatuses(well.agent)).toEqual([]);

    // The time has passed: one click asks the CTI, which is as sick as before.
    await passOpenTime('sick-cti');
    const probe = await click(sick.agent);
    await waitForFinal(sick.agent, probe);
    expect(sick.connections).toBe(before + 1);
    expect(await waitForFinal(sick.agent, await click(sick.agent))).toMatchObject({
      reason: 'cti_unavailable',
    });

    sick.onConnection = sick.answer;
    await passOpenTime('sick-cti');
    expect(await waitForFinal(sick.agent, await click(sick.agent))).toMatchObject({ op: 'dial.accepted' });
    await sleepUntil(() => toStatuses(sick.agent).length > 1);
    expect(toStatuses(sick.agent)).toEqual([
      { enabled: true, state: 'down' },
      { enabled: true, state: 'ok' },
    ]);
    expect(sick.requests).toHaveLength(1);
    expect(sick.connections).toBe(before + 2);
    expect(await waitForFinal(sick.agent, await click(sick.agent))).toMatchObject({ op: 'dial.accepted' });
  }, 60_000);
});

describe('a CTI that says nothing', () => {
  test('is asked as often at a time as the company says, by all dialers together; who waits hears so in time', async () => {
    const mute = await openCti('mute-cti', { maxConcurrentDials: 2 });
    let most = 0;
    let open = 0;
    mute.onConnection = (socket) => {
      open += 1;
      most = Math.max(most, open);
      socket.on('close', () => {
        open -= 1;
      });
      socket.resume();
    };
    const intents = await Promise.all(Array.from({ length: 6 }, () => click(mute.agent)));
    const finals = await Promise.all(intents.map((intentId) => waitForFinal(mute.agent, intentId, 15_000)));
    const endedBy = (reason: string) => finals.filter((final) => final.reason === reason);
    expect([endedBy('cti_timeout').length, endedBy('cti_busy').length]).toEqual([2, 4]);
    expect(most).toBe(2);
    for (const intentId of intents) expect(finalStates(mute.agent, intentId)).toHaveLength(1);
  });

  test('dials that wait for a place are sent when one comes free, each once', async () => {
    const slow = await openCti('slow-cti', { maxConcurrentDials: 1 });
    slow.onConnection = slow.answer;
    const intents = await Promise.all(Array.from({ length: 6 }, () => click(slow.agent)));
    const finals = await Promise.all(intents.map((intentId) => waitForFinal(slow.agent, intentId, 15_000)));
    expect(finals.map(({ op }) => op)).toEqual(intents.map(() => 'dial.accepted'));
    expect(slow.requests).toHaveLength(6);
  });
});
