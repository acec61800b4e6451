import { randomUUID } from 'node:crypto';
import { type FaultProxy, sleepUntil, startFaultProxy } from '@ramal/testkit';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { connectRedis, type RedisRole } from './connect-redis.ts';
import { type FeedProbe, startFeedProbe } from './feed-probe.ts';

let test: TestBus;
let proxies: Record<'commands' | 'subscriber', FaultProxy>;
let connections: Record<'commands' | 'subscriber', Redis>;
let channel: string;
let probe: FeedProbe;
let told: string[];

beforeAll(async () => {
  test = await openTestBus();
});
afterAll(() => test.close());

beforeEach(async () => {
  const throughProxy = async (role: RedisRole) => {
    const proxy = await startFaultProxy({ url: test.server.url });
    const log = { warn: () => undefined, info: () => undefined };
    return { proxy, redis: await connectRedis({ url: proxy.url, role, name: 'probe-test', log }) };
  };
  const [commands, subscriber] = [await throughProxy('commands'), await throughProxy('subscriber')];
  proxies = { commands: commands.proxy, subscriber: subscriber.proxy };
  connections = { commands: commands.redis, subscriber: subscriber.redis };
  channel = test.names.gatewayProbe(randomUUID());
  told = [];
  probe = startFeedProbe({
    ...connections,
    channels: [channel],
    onSilent: () => told.push('silent'),
    onHeard: () => told.push('heard'),
  });
});
afterEach(async () => {
  probe.stop();
  for (const redis of Object.values(connections)) redis.disconnect();
  for (const proxy of Object.values(proxies)) await proxy.stop();
});

/** Resolves once a probe was heard that was sent after this was called. */
async function heardOnce(): Promise<void> {
  let heard = false;
  connections.subscriber.once('smessage', () => {
    heard = true;
  });
  await sleepUntil(() => heard);
}

it.each(['subscriber', 'commands'] as const)(
  'a %s connection that says nothing is noticed, and made anew until it speaks again',
  async (which) => {
    await heardOnce();
    expect(told).toEqual([]);
    let attempts = 0;
    connections[which].on('connect', () => {
      attempts += 1;
    });
    proxies[which].silence();
    await sleepUntil(() => told.length === 1);
    expect(told).toEqual(['silent']);
    await sleepUntil(() => attempts > 0, { timeoutMs: 30_000 });
    await proxies[which].heal();
    await sleepUntil(() => told.length === 2);
    expect(told).toEqual(['silent', 'heard']);
  },
  20_000,
);

it('a subscription that is lost on a connection that works is noticed, and found again', async () => {
  await heardOnce();
  await connections.subscriber.sunsubscribe(channel);
  await expect(connections.subscriber.ping()).resolves.toBe('PONG');
  await sleepUntil(() => told.length === 2, { timeoutMs: 30_000 });
  expect(told).toEqual(['silent', 'heard']);
});

it('connections that are cut and come back at once are no silence', async () => {
  await heardOnce();
  for (const proxy of Object.values(proxies)) proxy.reset();
  await heardOnce();
  expect(told).toEqual([]);
});

it('a process that was held up itself hears what waits for it, and takes it for no silence', async () => {
  await heardOnce();
  const untilMs = performance.now() + 3_000;
  while (performance.now() < untilMs) continue;
  await heardOnce();
  expect(told).toEqual([]);
});
