import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type RestartableServer, sleepUntil, startTestPostgres, startTestRedis } from '@ramal/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dial, dialSteps, finalStates, waitForFinal, waitForPopup } from '../harness/agent-events.ts';
import { type CallbackAnswer, sendCallback } from '../harness/send-callback.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

let system: TestStack;
let redis: RestartableServer;
let postgres: RestartableServer;
let base: string;

beforeAll(async () => {
  [redis, postgres] = await Promise.all([startTestRedis(), startTestPostgres()]);
  system = await startTestStack({
    servers: {
      redisUrl: redis.url,
      databaseUrl: postgres.url,
      stop: async () => {
        await Promise.all([redis.stop(), postgres.stop()]);
      },
    },
  });
  base = `${system.dev.webhookUrl}/v1/cti/${system.callbackTokenOf('demo')}`;
});
afterAll(() => system?.stop());

let nextPeer = 47_930_000_000;
const call = (kind: string, id: string, ramal: string) => {
  const peer = String((nextPeer += 1));
  return sendCallback(`${base}/${kind}?origem=${peer}&destino=${ramal}&id=${id}&duracao=3`);
};

/** One callback after the other until `until` settles. */
async function callSteadily(until: Promise<unknown>, ramal: string) {
  const answers: (CallbackAnswer & { id: string })[] = [];
  let going = true;
  void until.finally(() => {
    going = false;
  });
  while (going) {
    const id = randomUUID();
    answers.push({ id, ...(await call('ended', id, ramal)) });
    await delay(20);
  }
  return answers;
}

async function expectStoredOnce(ids: readonly string[]): Promise<void> {
  const count = async () => {
    const rows = await system.history.query<{ id: string; n: number }>(
      `select event->>'externalCallId' as id, count(*)::int as n from call_events
        where event->>'externalCallId' = any($1) group by 1`,
      [ids],
    );
    return rows;
  };
  await sleepUntil(async () => (await count()).length === ids.length, {
    timeoutMs: 30_000,
    describe: `${ids.length} acknowledged callbacks in PostgreSQL`,
  });
  expect((await count()).filter(({ n }) => n !== 1)).toEqual([]);
}

describe.concurrent('without', () => {
  test('I2 any dialer an acknowledged dial expires in time, and nothing is sent when one comes back', async () => {
    const carla = await system.connect('demo', 'carla');
    await system.stack.stopService('dialer');
    const intentId = randomUUID();
    const clickedAt = performance.now();
    const callId = await dial(carla, intentId, '4732100801');
    await waitForPopup(carla, 'start', callId);
    const final = await waitForFinal(carla, intentId, 14_000);
    expect(performance.now() - clickedAt).toBeLessThan(12_000);
    expect(final).toMatchObject({ op: 'dial.expired', reason: 'deadline_passed' });

    await system.stack.startService('dialer');
    const sentinel = randomUUID();
    await dial(carla, sentinel, '4732100802');
    expect(await waitForFinal(carla, sentinel)).toMatchObject({ op: 'dial.accepted' });
    expect((await system.simulator.originates()).map(({ destination }) => destination)).toEqual([
      '4732100802',
    ]);
    expect(finalStates(carla, intentId)).toEqual(['dial.expired']);
    expect(dialSteps(carla, intentId)).toEqual(['dial.queued', 'dial.expired']);
    expect(await system.history.waitForEnd(callId)).toMatchObject({
      result: 'failed',
      reason: 'deadline_passed',
    });
    await carla.close();
  });

  test('R44 I3 PostgreSQL for 5 s callbacks and pop-ups go on, and the history catches up', async () => {
    const bruno = await system.connect('demo', 'bruno');
    expect((await call('incoming', randomUUID(), '3502')).status).toBe(200);
    await waitForPopup(bruno, 'incoming');
    await postgres.kill();
    const answers = await callSteadily(delay(5000), '3502');
    const seen = bruno.events.filter(
      (event) => event.op === 'popup.show' && event.data.kind === 'end',
    ).length;
    const restarting = postgres.restart();
    answers.push(...(await callSteadily(restarting, '3502')));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(seen).toBeGreaterThan(20);
    await expectStoredOnce(answers.map(({ id }) => id));
    await sleepUntil(
      () =>
        bruno.events.filter((event) => event.op === 'popup.show' && event.data.kind === 'end').length ===
        answers.length,
      { describe: 'the last end pop-ups' },
    );
    console.log(
      `PostgreSQL down 5 s: ${answers.length} callbacks, all 200, ${seen} end pop-ups meanwhile, 0 lost, 0 doubled`,
    );
    await bruno.close();
  });
});

test('I3 without Redis callbacks are answered 200 all the same and told when it is back', async () => {
  const ana = await system.connect('demo', 'ana');
  const before = await callSteadily(delay(500), '3501');
  await redis.kill();
  const during = await callSteadily(delay(2000), '3501');
  await redis.restart();
  const backAt = performance.now();
  const first = await sleepUntil(
    async () => {
      const id = randomUUID();
      const { status } = await call('incoming', id, '3501');
      return status === 200 ? id : undefined;
    },
    { timeoutMs: 10_000, describe: 'a callback to be answered 200' },
  );
  const shown = await ana.waitFor(
    ({ op, data }) => op === 'popup.show' && 'kind' in data && data.kind === 'incoming',
    { timeoutMs: 10_000 },
  );
  const intentId = randomUUID();
  await sleepUntil(() => dial(ana, intentId, '4732100803'), { timeoutMs: 10_000 });
  expect(await waitForFinal(ana, intentId, 10_000)).toMatchObject({ op: 'dial.accepted' });
  const recoveredMs = Math.round(performance.now() - backAt);
  expect(shown.op).toBe('popup.show');

  expect(before.filter(({ status }) => status !== 200)).toEqual([]);
  expect(during.length).toBeGreaterThan(20);
  expect(during.filter(({ status }) => status !== 200)).toEqual([]);
  await expectStoredOnce([...before, ...during].map(({ id }) => id).concat(first));
  console.log(
    `Redis down 2 s: ${before.length} callbacks before and ${during.length} meanwhile, all 200; everything worked ` +
      `${recoveredMs} ms after its return; 0 of ${before.length + during.length + 1} lost or doubled`,
  );
  await ana.close();
});
