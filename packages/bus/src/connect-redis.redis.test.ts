import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleepUntil, startRedisNode } from '@ramal/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { connectRedis } from './connect-redis.ts';

const silent = { info: () => undefined, warn: () => undefined };

let test: TestBus;
beforeAll(async () => {
  test = await openTestBus();
});
afterAll(() => test.close());

it('commands fail fast while Redis is away, and work again when it is back', async () => {
  const lines: string[] = [];
  const log = {
    warn: (_: object, message: string) => lines.push(message),
    info: (_: object, message: string) => lines.push(message),
  };
  const redis = await connectRedis({ url: test.server.url, role: 'commands', name: 'x', log });
  await test.server.kill();
  const startedMs = performance.now();
  await expect(redis.ping()).rejects.toThrow();
  expect(performance.now() - startedMs).toBeLessThan(8_000);
  await test.server.restart();
  await sleepUntil(() => redis.ping());
  expect(lines).toEqual(['redis connection lost', 'redis connection back']);
  redis.disconnect();
});

it('a frozen Redis costs a command two seconds and is noticed, also by those who only listen', async () => {
  const commands = await test.connect('commands');
  const subscriber = await test.connect('subscriber');
  let heard = 0;
  subscriber.on('smessage', () => {
    heard += 1;
  });
  await subscriber.ssubscribe('news');
  test.server.signal('SIGSTOP');
  try {
    await expect(commands.ping()).rejects.toThrow('timed out');
    // Nobody closed the connection; only its silence tells.
    await sleepUntil(() => subscriber.status !== 'ready' && commands.status !== 'ready', {
      timeoutMs: 30_000,
    });
  } finally {
    test.server.signal('SIGCONT');
  }
  await sleepUntil(async () => {
    await commands.spublish('news', 'x');
    return heard > 0;
  });
});

it('a reply that a busy machine reads late is still a reply', async () => {
  const blocking = await test.connect('blocking');
  const waiting = blocking.blpop('list', 1);
  await test.redis.rpush('list', 'x');
  // Busy for longer than the wait itself.
  const untilMs = performance.now() + 1_400;
  while (performance.now() < untilMs) continue;
  expect(await waiting).toEqual(['list', 'x']);
});

it('a Redis that has loaded its data is back at once, however long it said that it would take', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'ramal-test-loading-'));
  // Small writes that take long, and at the end a large one that does not: what it says after a second is far too much.
  const server = await startRedisNode({ dataDir, args: ['--key-load-delay', '100'] });
  const redis = await connectRedis({ url: server.url, role: 'blocking', name: 'x', log: silent });
  try {
    const pipeline = redis.pipeline();
    for (let n = 0; n < 12_000; n++) pipeline.set(`small ${n}`, n);
    await pipeline.set('large', 'x'.repeat(50_000_000)).exec();
    let toldSec = 0;
    const asking = new AbortController();
    await Promise.all([
      server.restart().finally(() => asking.abort()),
      (async () => {
        while (!asking.signal.aborted) {
          const said = await server.ask('INFO', 'persistence').catch(() => '');
          toldSec = Math.max(toldSec, Number(/loading_eta_seconds:(\d+)/.exec(String(said))?.[1] ?? 0));
        }
      })(),
    ]);
    const loadedMs = performance.now();
    await redis.ping();
    expect(toldSec).toBeGreaterThan(5);
    expect(performance.now() - loadedMs).toBeLessThan(toldSec * 500);
  } finally {
    redis.disconnect();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}, 120_000);
