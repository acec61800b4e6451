import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRedis } from './find-redis.ts';
import { ServerUnreachableError } from './server-errors.ts';

let dataDir = '';
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ramal-find-redis-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function withClient<T>(url: string, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

test('a local Redis keeps its data through a kill -9 and comes back on the same port', async () => {
  const env = { PATH: process.env['PATH'] };
  const first = await findRedis({ dataDir, env });
  expect(first.kind).toBe('local');
  expect([5432, 6379]).not.toContain(first.port);
  await withClient(first.url, async (redis) => {
    await redis.set('kept', 'yes');
    await redis.config('SET', 'appendfsync', 'always');
    await redis.set('also', 'yes');
  });
  process.kill(first.pid as number, 'SIGKILL');
  await first.stop();

  const second = await findRedis({ dataDir, env, preferredPort: first.port });
  expect(second.port).toBe(first.port);
  expect(await withClient(second.url, (redis) => redis.mget('kept', 'also'))).toEqual(['yes', 'yes']);
  await second.stop();
  await second.stop();
});

test('a Redis left over by a killed run is stopped before its data is opened again', async () => {
  const env = { PATH: process.env['PATH'] };
  const leftover = await findRedis({ dataDir, env });
  const next = await findRedis({ dataDir, env });
  expect(() => process.kill(leftover.pid as number, 0)).toThrow('ESRCH');
  expect(await withClient(next.url, (redis) => redis.ping())).toBe('PONG');
  await next.stop();
});

test('a preferred port that is taken is stepped around', async () => {
  const holder = createServer();
  const held = await new Promise<number>((resolve) => {
    holder.listen(0, '127.0.0.1', () => resolve((holder.address() as { port: number }).port));
  });
  const server = await findRedis({ env: { PATH: process.env['PATH'] }, preferredPort: held });
  expect(server.port).not.toBe(held);
  await server.stop();
  holder.close();
});

test('a given REDIS_URL that answers is used and never stopped', async () => {
  const given = process.env['REDIS_URL'] as string;
  const found = await findRedis({ env: { REDIS_URL: given } });
  expect(found).toMatchObject({ url: given, kind: 'env' });
  await found.stop();
  expect(await withClient(given, (redis) => redis.ping())).toBe('PONG');
});

test('a given REDIS_URL that does not answer is an error that hides its password', async () => {
  const finding = findRedis({ env: { REDIS_URL: 'redis://:hush@127.0.0.1:1' } });
  await expect(finding).rejects.toThrow(ServerUnreachableError);
  await expect(finding).rejects.toThrow('redis://***@127.0.0.1:1');
  await expect(finding).rejects.not.toThrow('hush');
});
