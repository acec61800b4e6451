import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { startTestRedis } from './test-servers.ts';

test('a test Redis is back with its data on the same address after a kill', async () => {
  const server = await startTestRedis();
  const redis = new Redis(server.url, { retryStrategy: () => 20 });
  redis.on('error', () => undefined);
  await redis.config('SET', 'appendfsync', 'always');
  await redis.set('key', 'value');
  const { pid } = server;
  await server.kill();
  await server.restart();
  expect(server.pid).not.toBe(pid);
  expect(await redis.get('key')).toBe('value');
  redis.disconnect();
  await server.stop();
});
