import { sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { connectRedis } from './connect-redis.ts';

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
