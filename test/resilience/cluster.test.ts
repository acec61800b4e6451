import { randomUUID } from 'node:crypto';
import { createNames, DIAL_QUEUE } from '@ramal/contracts';
import { createTestDatabase, type RedisClusterServers, sleepUntil, startRedisCluster } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dial, waitForFinal, waitForPopup } from '../harness/agent-events.ts';
import { openTenant, type TestTenant } from '../harness/open-tenant.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';
import { createCtiCaller } from './cti-caller.ts';

const names = createNames();
let redis: RedisClusterServers;
let system: TestStack;
let company: TestTenant;
/** Where the company's keys are. */
let stream: string;

beforeAll(async () => {
  const [started, database] = await Promise.all([startRedisCluster({ replicas: 3 }), createTestDatabase()]);
  redis = started;
  system = await startTestStack({
    servers: {
      redisUrl: redis.url,
      redisNodes: redis.nodes.map(({ url }) => url),
      databaseUrl: database.databaseUrl,
      stop: async () => {
        await Promise.all([redis.stop(), database.drop()]);
      },
    },
  });
  company = await openTenant(system, 'sharded');
  await company.openCti();
  stream = names.events(names.partitionOf(company.tenant));
}, 60_000);
afterAll(async () => {
  await company?.close();
  await system?.stop();
});

/** Callbacks under way at a time. */
const SENDERS = 4;
let nextPeer = 4_732_100_910;

/** A click with all that comes of it: CTI, pop-ups, callbacks, history. */
async function placeCall(agent: Awaited<ReturnType<TestTenant['connect']>>): Promise<string> {
  const to = String((nextPeer += 1));
  const intentId = randomUUID();
  const callId = await sleepUntil(() => dial(agent, intentId, to), { timeoutMs: 15_000, everyMs: 100 });
  await waitForPopup(agent, 'start', callId);
  expect(await waitForFinal(agent, intentId, 14_000)).toMatchObject({ op: 'dial.accepted' });
  await waitForPopup(agent, 'end', callId);
  expect(await system.history.waitForEnd(callId)).toMatchObject({ result: 'completed' });
  return to;
}

test('R43 R44 on a cluster a click, its callbacks, pop-ups and history are as ever, whichever node has the company', async () => {
  const partitions = Array.from({ length: names.partitions }, (_, partition) => names.events(partition));
  const nodes = new Set(await Promise.all(partitions.map((key) => redis.primaryOf(key))));
  expect(nodes.size).toBe(3);
  const agent = await company.connect();
  await placeCall(agent);
  // The demo companies lie in other slots.
  const ana = await system.connect('demo', 'ana');
  const intentId = randomUUID();
  await dial(ana, intentId, '4732100901');
  expect(await waitForFinal(ana, intentId)).toMatchObject({ op: 'dial.accepted' });
  await Promise.all([agent.close(), ana.close()]);
}, 30_000);

test('I3 a slot that moves while calls go on, and the queue’s too, is an error to nobody', async () => {
  const agent = await company.connect();
  const cti = createCtiCaller(`${system.dev.webhookUrl}/v1/cti/${company.callbackToken}`);
  let moving = true;
  const ids: string[] = [];
  const callSteadily = async () => {
    while (moving) {
      const id = randomUUID();
      ids.push(id);
      await cti.send('ended', id, { origem: '4732100902', destino: '3501', duracao: '3' });
    }
  };
  const calling = Promise.all(Array.from({ length: SENDERS }, callSteadily));
  await redis.moveSlot(stream);
  await redis.moveSlot(`${DIAL_QUEUE.prefix}:${DIAL_QUEUE.name}`);
  moving = false;
  await calling;
  expect(cti.refusals).toEqual([]);
  await placeCall(agent);
  const stored = async () =>
    (
      await system.history.query<{ n: number }>(
        "select count(*)::int as n from call_events where event->>'externalCallId' = any($1) group by event->>'externalCallId'",
        [ids],
      )
    ).map(({ n }) => n);
  await sleepUntil(async () => (await stored()).length === ids.length, { timeoutMs: 15_000, everyMs: 100 });
  expect((await stored()).filter((n) => n !== 1)).toEqual([]);
  // Of several primaries each is the one it was, whichever was asked.
  expect(system.stack.output('webhook').filter((line) => line.includes('restarted or replaced'))).toEqual([]);
  console.log(
    `two slots moved: ${ids.length} callbacks, others than 200: ${JSON.stringify([...cti.others])}, 0 lost or doubled`,
  );
  await agent.close();
}, 60_000);

test('I1 a node that is killed is replaced, and the company’s calls go on with one request each', async () => {
  const agent = await company.connect();
  const old = await redis.primaryOf(stream);
  await old.kill();
  await redis.waitForFailover(stream, old);
  const answersAt = performance.now();
  const to = await placeCall(agent);
  const recoveredMs = Math.round(performance.now() - answersAt);
  expect(company.originates(to)).toHaveLength(1);
  const asked = company.originates().map(({ destination }) => destination);
  expect(new Set(asked).size).toBe(asked.length);
  console.log(`node killed: a call from click to history ${recoveredMs} ms after its replica took over`);
  await agent.close();
}, 60_000);
