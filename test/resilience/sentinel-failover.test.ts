import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createNames } from '@ramal/contracts';
import {
  createTestDatabase,
  type RedisNode,
  type SentinelRedis,
  sleepUntil,
  startSentinelRedis,
} from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dial, waitForFinal, waitForPopup } from '../harness/agent-events.ts';
import { openTenant, type TestTenant } from '../harness/open-tenant.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';
import { createCtiCaller } from './cti-caller.ts';
import { startSteadyAgent } from './steady-agent.ts';

let redis: SentinelRedis;
let system: TestStack;
let company: TestTenant;

beforeAll(async () => {
  const [started, database] = await Promise.all([startSentinelRedis(), createTestDatabase()]);
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
  company = await openTenant(system, 'failover', {
    settings: { dialLimits: { agentPerMinute: 1000, tenantPerMinute: 10_000 } },
  });
  await company.openCti();
}, 60_000);
afterAll(async () => {
  await company?.close();
  await system?.stop();
});

const hasStored = async (id: string) =>
  (await system.history.query("select 1 from call_events where event->>'externalCallId' = $1", [id])).length >
  0;

/** Callbacks under way at a time. */
const SENDERS = 4;

/** Sends one callback after the other until it is told to stop; notes which of those that were answered 2xx a replica has. */
function callSteadily(primaryOf: () => RedisNode) {
  const cti = createCtiCaller(`${system.dev.webhookUrl}/v1/cti/${company.callbackToken}`);
  const kept = new Set<string>();
  let going = true;
  const send = async () => {
    const id = randomUUID();
    await cti.send('ended', id, { origem: '4732100123', destino: '3501', duracao: '3' });
    if (
      await primaryOf()
        .isReplicated()
        .catch(() => false)
    )
      kept.add(id);
  };
  const sendSteadily = async () => {
    while (going) {
      await send();
      await delay(20);
    }
  };
  const running = Promise.all(Array.from({ length: SENDERS }, sendSteadily));
  return {
    cti,
    kept,
    async stop() {
      going = false;
      await running;
    },
  };
}

test('R43 R44 R45 behind Sentinels a click, its callbacks, pop-ups and history are as ever', async () => {
  const agent = await company.connect();
  const intentId = randomUUID();
  const callId = await dial(agent, intentId, '4732100901');
  await waitForPopup(agent, 'start', callId);
  expect(await waitForFinal(agent, intentId)).toMatchObject({ op: 'dial.accepted' });
  await waitForPopup(agent, 'end', callId);
  expect(await system.history.waitForEnd(callId)).toMatchObject({ result: 'completed' });
  await agent.close();
}, 30_000);

test('I1 I3 a primary that is killed under load costs nothing that a replica has, and all goes on at once', async () => {
  const old = await redis.primary();
  let primary = old;
  const agent = await startSteadyAgent(company, 'agent-1');
  const load = callSteadily(() => primary);
  const numbers: string[] = [];
  let dialling = true;
  const dials = (async () => {
    while (dialling) {
      const to = String(47_940_000_000 + numbers.length);
      numbers.push(to);
      await agent.dial(randomUUID(), to);
      await delay(100);
    }
  })();
  await sleepUntil(() => load.kept.size >= 30 && numbers.length >= 5, {
    timeoutMs: 40_000,
    describe: 'callbacks and clicks to be under way',
  });

  await redis.setDownAfter(1_000);
  await old.kill();
  primary = await redis.waitForFailover(old);
  const answersAt = performance.now();
  await redis.setDownAfter(30_000);
  // Not waiting for what was under way: a new event, from the callback to PostgreSQL.
  const cti = createCtiCaller(`${system.dev.webhookUrl}/v1/cti/${company.callbackToken}`);
  const first = randomUUID();
  await cti.send('ended', first, { origem: '4732100124', destino: '3501', duracao: '3' });
  await sleepUntil(() => hasStored(first), {
    timeoutMs: 15_000,
    describe: 'an event after the failover in PostgreSQL',
  });
  const consumingMs = Math.round(performance.now() - answersAt);
  // And a dial, from the click to the CTI.
  const before = company.originates().length;
  await sleepUntil(() => company.originates().length > before, {
    timeoutMs: 15_000,
    describe: 'a dial after the failover',
  });
  const diallingMs = Math.round(performance.now() - answersAt);
  dialling = false;
  await Promise.all([load.stop(), dials]);

  await sleepUntil(async () => (await Promise.all([...load.kept].map(hasStored))).every((one) => one), {
    timeoutMs: 15_000,
    everyMs: 250,
    describe: 'all callbacks that a replica had, in PostgreSQL',
  });
  const stored = await system.history.query<{ id: string; n: number }>(
    "select event->>'externalCallId' as id, count(*)::int as n from call_events where event ? 'externalCallId' group by 1",
  );
  expect(stored.filter(({ n }) => n !== 1)).toEqual([]);
  expect(load.cti.refusals).toEqual([]);
  const asked = company.originates().map(({ destination }) => destination ?? '');
  expect(asked.filter((to, i) => asked.indexOf(to) !== i)).toEqual([]);
  const finals = await system.history.query<{ intent: string; n: number }>(
    `select event->>'intentId' as intent, count(*)::int as n from call_events
      where type in ('dial.accepted', 'dial.failed', 'dial.expired', 'dial.uncertain') group by 1`,
  );
  expect(finals.filter(({ n }) => n !== 1)).toEqual([]);
  expect(consumingMs).toBeLessThan(15_000);
  console.log(
    `primary killed: ${load.cti.acknowledged.size} callbacks acknowledged, ${load.kept.size} of them on a replica, 0 of those lost, ` +
      `0 stored twice; ${numbers.length} clicks, ${asked.length} requests, 0 twice; after the new primary answered a callback was in ` +
      `PostgreSQL in ${consumingMs} ms, a dial at the CTI in ${diallingMs} ms`,
  );
  await agent.stop();
}, 90_000);

test('I7 a group that the new primary does not have is made anew where PostgreSQL is', async () => {
  const names = createNames();
  const stream = names.events(names.partitionOf(company.tenant));
  await (await redis.primary()).ask('XGROUP', 'DESTROY', stream, 'history');
  const cti = createCtiCaller(`${system.dev.webhookUrl}/v1/cti/${company.callbackToken}`);
  const id = randomUUID();
  await cti.send('ended', id, { origem: '4732100125', destino: '3501', duracao: '3' });
  await sleepUntil(() => hasStored(id), { timeoutMs: 15_000 });
  const made = system.stack.output('history').filter((line) => line.includes('group'));
  expect(made.length).toBeGreaterThan(0);
}, 30_000);
