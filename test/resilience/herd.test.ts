import { createTestDatabase, type FaultProxy, startFaultProxy, startTestRedis } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';
import {
  type HerdCompany,
  type HerdOutcome,
  killGateway,
  LEAST_CALLS,
  measureReturn,
  openHerdCompany,
} from './herd-rows.ts';

/** As many as a busy machine bears within seconds; `RAMAL_HERD=5000` is what the promise speaks of. */
const SOCKETS = Number(process.env['RAMAL_HERD'] ?? 300);
const BACK_WITHIN_MS = 10_000;
const PATIENCE_MS = 60_000;
/** What a gateway may grow by, beside what the sockets cost that come over from another one. */
const GROWTH_MIB = 120;

let system: TestStack;
/** Between the gateways and PostgreSQL. */
let line: FaultProxy;
let company: HerdCompany;

beforeAll(async () => {
  const [database, redis] = await Promise.all([createTestDatabase(), startTestRedis()]);
  line = await startFaultProxy({ url: database.databaseUrl });
  system = await startTestStack({
    only: ['webhook', 'ws-gateway'],
    replicas: { 'ws-gateway': 2 },
    servers: {
      redisUrl: redis.url,
      databaseUrl: database.databaseUrl,
      stop: async () => {
        await line.stop();
        await database.drop();
        await redis.stop();
      },
    },
    env: { 'ws-gateway': { DATABASE_URL: line.url, GATEWAY_DRAIN_MS: '2000' } },
  });
  company = await openHerdCompany(system, 'herd', SOCKETS);
}, 180_000);
afterAll(async () => {
  await line?.heal();
  await company?.close();
  await system?.stop();
});

const measure = (fault: () => Promise<void> | void) => measureReturn(system, company, fault, PATIENCE_MS);

function expectKept(what: string, outcome: HerdOutcome): void {
  console.log(`${what}: ${JSON.stringify(outcome)}`);
  expect(outcome).toMatchObject({ missed: 0, twice: 0, lost: 0 });
  expect(outcome.calls).toBeGreaterThanOrEqual(LEAST_CALLS);
  expect(outcome.memoryAfterMiB).toBeLessThan(2 * outcome.memoryBeforeMiB + GROWTH_MIB);
}

test('threat 9 a herd of all agents is back within 10 s with PostgreSQL mute: nobody is looked up there', async () => {
  line.silence();
  try {
    const outcome = await measure(() => company.herd.cut());
    expectKept('every socket cut at once, PostgreSQL mute', outcome);
    expect(outcome.sockets).toBe(SOCKETS);
    expect(outcome.worstMs).toBeLessThan(BACK_WITHIN_MS);
  } finally {
    await line.heal();
  }
}, 150_000);

test('I5 kill -9 of a gateway: its agents are back elsewhere, and have missed no pop-up', async () => {
  const outcome = await measure(() => killGateway(system));
  expectKept('kill -9 of one gateway of two', outcome);
  // How they had spread over the two is chance on a busy machine.
  expect(outcome.sockets).toBeGreaterThan(0);
  expect(outcome.p99Ms).toBeLessThan(BACK_WITHIN_MS);
  await system.stack.restartOf('ws-gateway');
}, 150_000);

test('I5 a gateway that stops asks its agents to go, some at a time, and none of them misses a pop-up', async () => {
  const outcome = await measure(() => system.stack.stopService('ws-gateway-2'));
  expectKept('drain of one gateway of two', outcome);
  expect(outcome.sockets).toBeGreaterThan(0);
  expect(outcome.p99Ms).toBeLessThan(BACK_WITHIN_MS);
  await system.stack.startService('ws-gateway-2');
}, 150_000);
