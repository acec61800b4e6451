import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type RestartableServer, sleepUntil, startTestRedis } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { redisCommand } from '../harness/redis-command.ts';
import { type CallbackAnswer, sendCallback } from '../harness/send-callback.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

let system: TestStack;
let redis: RestartableServer;

beforeAll(async () => {
  const [server, database] = await Promise.all([startTestRedis(), createTestDatabase()]);
  redis = server;
  system = await startTestStack({
    only: ['webhook', 'history'],
    replicas: { webhook: 2 },
    servers: {
      redisUrl: redis.url,
      databaseUrl: database.databaseUrl,
      stop: async () => {
        await Promise.all([redis.stop(), database.drop()]);
      },
    },
  });
}, 180_000);
afterAll(() => system?.stop(), 60_000);

interface Sent extends CallbackAnswer {
  id: string;
  ms: number;
}

let nextPeer = 47_940_000_000;
async function send(kind: string, id: string = randomUUID(), webhook = 0): Promise<Sent> {
  const base = system.dev.webhookUrls[webhook] ?? '';
  const peer = String((nextPeer += 1));
  const variables = new URLSearchParams({ origem: peer, destino: '3501', id, duracao: '3' });
  const startedMs = performance.now();
  const answer = await sendCallback(`${base}/v1/cti/${system.callbackTokenOf('demo')}/${kind}?${variables}`);
  return { id, ms: Math.round(performance.now() - startedMs), ...answer };
}
async function sendMany(count: number, kind = 'incoming', webhook = 0): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (let i = 0; i < count; i++) sent.push(await send(kind, undefined, webhook));
  return sent;
}
const statuses = (sent: readonly Sent[]) => [...new Set(sent.map(({ status }) => status))];
const slowest = (sent: readonly Sent[]) => Math.max(...sent.map(({ ms }) => ms));
const metric = async (name: string, instance = 'webhook') => {
  const text = await (await fetch(`${system.dev.services[instance]?.opsUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};

/** Every id is one call of PostgreSQL, which has each of its facts once. */
async function expectStoredOnce(sent: readonly Sent[], factsOfEach = 1): Promise<void> {
  const ids = sent.map(({ id }) => id);
  const read = () =>
    system.history.query<{ id: string; calls: number; facts: number }>(
      `select event->>'externalCallId' as id, count(distinct call_id)::int as calls, count(*)::int as facts
         from call_events where event->>'externalCallId' = any($1) group by 1`,
      [ids],
    );
  const total = async () => (await read()).reduce((sum, { facts }) => sum + facts, 0);
  await sleepUntil(async () => (await total()) >= ids.length * factsOfEach, {
    timeoutMs: 60_000,
    everyMs: 100,
    describe: `${ids.length} callbacks in PostgreSQL`,
  });
  await sleepUntil(async () => (await metric('ramal_webhook_journal_pending')) === 0, { timeoutMs: 60_000 });
  expect((await read()).filter(({ calls, facts }) => calls !== 1 || facts !== factsOfEach)).toEqual([]);
}

test('I3 with Redis killed callbacks are answered, and those of a webhook that is killed too are told by the other one', async () => {
  const before = await sendMany(5);
  await redis.kill();
  const during = await sendMany(40);
  expect(statuses([...before, ...during])).toEqual([200]);
  expect((await fetch(`${system.dev.services['webhook']?.opsUrl}/readyz`)).status).toBe(200);
  system.stack.kill('webhook', 'SIGKILL');
  await redis.restart();
  await expectStoredOnce([...before, ...during]);
  await system.stack.restartOf('webhook', 60_000);
  console.log(`Redis and webhook killed: ${before.length + during.length} answered, 0 lost, 0 stored twice`);
}, 180_000);

test('I3 kill -9 of the webhook loses nothing that it answered', async () => {
  const sent: Sent[] = [];
  let going = true;
  const calling = (async () => {
    while (going) {
      const answer = await send('incoming').catch(() => null);
      if (answer?.status === 200) sent.push(answer);
    }
  })();
  for (let kills = 0; kills < 2; kills++) {
    const atLeast = sent.length + 20;
    await sleepUntil(() => sent.length >= atLeast, { timeoutMs: 60_000 });
    system.stack.kill('webhook', 'SIGKILL');
    await system.stack.restartOf('webhook', 60_000);
  }
  going = false;
  await calling;
  await expectStoredOnce(sent);
  console.log(`webhook killed twice: ${sent.length} answered, 0 lost, 0 stored twice`);
}, 180_000);

test('I3 with Redis frozen or full callbacks are answered, after a moment in which it is found out', async () => {
  redis.signal('SIGSTOP');
  const frozen = await sendMany(30);
  redis.signal('SIGCONT');
  await expectStoredOnce(frozen);
  await redisCommand(redis.url, 'CONFIG', 'SET', 'maxmemory', '1mb');
  const full = await sendMany(30);
  await redisCommand(redis.url, 'CONFIG', 'SET', 'maxmemory', '0');
  expect(statuses([...frozen, ...full])).toEqual([200]);
  await expectStoredOnce(full);
  const after = frozen.slice(1);
  expect(slowest(after)).toBeLessThan(slowest(frozen));
  console.log(
    `Redis frozen: ${frozen.length} answered, the first after ${frozen[0]?.ms} ms, then ${slowest(after)} ms at most; ` +
      `full: ${full.length}, ${slowest(full)} ms at most; 0 lost, 0 stored twice`,
  );
}, 180_000);

test('I3 after a failover to a Redis that is behind all that was answered is there again, as the same calls', async () => {
  const old = await sendMany(5);
  await expectStoredOnce(old);
  const [data, snapshot] = [join(redis.dataDir, 'appendonlydir'), join(redis.dataDir, 'snapshot')];
  await cp(data, snapshot, { recursive: true });
  const lost = [...(await sendMany(30, 'incoming')), ...(await sendMany(30, 'incoming', 1))];
  expect(statuses([...old, ...lost])).toEqual([200]);
  // PostgreSQL has them; Redis is about to forget them.
  await expectStoredOnce(lost);
  await redis.kill();
  await rm(data, { recursive: true });
  await cp(snapshot, data, { recursive: true });
  await redis.restart();
  for (const instance of ['webhook', 'webhook-2']) {
    await sleepUntil(
      async () => (await metric('ramal_webhook_replayed_total{outcome="restored"', instance)) >= 30,
      {
        timeoutMs: 60_000,
        everyMs: 100,
        describe: `what ${instance} answered to be restored`,
      },
    );
  }
  // The end of each finds its call, by the CTI's id alone, at whichever webhook.
  const ends: Sent[] = [];
  for (const [i, { id }] of lost.entries()) ends.push(await send('ended', id, i % 2));
  expect(statuses(ends)).toEqual([200]);
  await expectStoredOnce(lost, 2);
  console.log(`Redis ${lost.length} callbacks behind: 0 lost, 0 stored twice, 0 ends beside their call`);
}, 180_000);

test('I3 with Redis away and the journal full the answer is 503 and Retry-After, and what was answered is stored', async () => {
  // Of its own, for what was answered in the last two minutes lies in the usual one.
  const folder = await mkdtemp(join(tmpdir(), 'ramal-test-journal-'));
  await system.stack.restartWith('webhook', {
    WEBHOOK_JOURNAL_DIR: folder,
    WEBHOOK_JOURNAL_MAX_BYTES: '20000',
  });
  await sleepUntil(async () => (await send('recording').catch(() => null))?.status === 200, {
    timeoutMs: 60_000,
  });
  await redis.kill();
  const sent = await sendMany(60);
  const refused = sent.filter(({ status }) => status !== 200);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.filter(({ status, retryAfter }) => status !== 503 || retryAfter === null)).toEqual([]);
  await redis.restart();
  const taken = sent.filter(({ status }) => status === 200);
  expect(taken.length).toBeGreaterThan(0);
  await expectStoredOnce(taken);
  console.log(`both down: ${taken.length} journaled, ${refused.length} got 503, 0 lost`);
  await system.stack.stopService('webhook');
  await rm(folder, { recursive: true, force: true });
}, 180_000);

test('I3 without a journal a callback needs Redis', async () => {
  await system.stack.restartWith('webhook', { WEBHOOK_JOURNAL: 'false' });
  await sleepUntil(async () => (await send('recording').catch(() => null))?.status === 200, {
    timeoutMs: 60_000,
  });
  await redis.kill();
  expect((await send('incoming')).status).toBe(503);
  await redis.restart();
}, 120_000);
