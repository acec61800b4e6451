import { type RestartableServer, startTestRedis } from '@ramal/testkit';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectRedis } from './connect-redis.ts';
import { isRedisAway } from './is-redis-away.ts';
import { readRedisIdentity } from './redis-identity.ts';

let server: RestartableServer;
let redis: Redis;
const log = { info: () => undefined, warn: () => undefined };
beforeAll(async () => {
  server = await startTestRedis();
  redis = await connectRedis({ url: server.url, role: 'commands', name: 'test', log });
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
const errorOf = (asked: Promise<unknown>) =>
  asked.then(
    () => expect.fail('it worked'),
    (error: unknown) => error,
  );

test('an error of the command’s own, or of the code, is not Redis’ absence', async () => {
  await redis.set('text', 'x');
  expect(isRedisAway(await errorOf(redis.incr('text')))).toBe(false);
  expect(isRedisAway(await errorOf(redis.eval('return nothing()', 0)))).toBe(false);
  expect(isRedisAway(new TypeError('a bug'))).toBe(false);
  expect(isRedisAway(Object.assign(new TypeError('a bug'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBe(false);
  expect(isRedisAway('text')).toBe(false);
});

test('a full Redis is away for who writes, in a script too', async () => {
  await redis.config('SET', 'maxmemory', '1mb');
  expect(isRedisAway(await errorOf(redis.set('a', '1')))).toBe(true);
  expect(isRedisAway(await errorOf(redis.eval("return redis.call('SET', KEYS[1], '1')", 1, 'a')))).toBe(true);
  await redis.config('SET', 'maxmemory', '0');
});

test('a replica that was the primary is away', () => {
  const refusal = new Error("READONLY You can't write against a read only replica.");
  expect(isRedisAway(Object.assign(refusal, { name: 'ReplyError' }))).toBe(true);
});

test('its identity stays through a reconnect, and is another one after a restart', async () => {
  const before = await readRedisIdentity(redis);
  expect(before).toMatch(/^[0-9a-f]{40} [0-9a-f]{40}$/);
  redis.disconnect(true);
  const second = await connectRedis({ url: server.url, role: 'commands', name: 'second', log });
  expect(await readRedisIdentity(second)).toBe(before);
  second.disconnect();
  await server.restart();
  const third = await connectRedis({ url: server.url, role: 'commands', name: 'third', log });
  expect(await readRedisIdentity(third)).not.toBe(before);
  third.disconnect();
});

test('frozen, gone and never there it is away, and who is patient gets a connection all the same', async () => {
  const one = await connectRedis({ url: server.url, role: 'commands', name: 'one', log });
  server.signal('SIGSTOP');
  expect(isRedisAway(await errorOf(one.get('a')))).toBe(true);
  server.signal('SIGCONT');
  await server.kill();
  const patient = await connectRedis({
    url: server.url,
    role: 'commands',
    name: 'patient',
    log,
    patient: true,
  });
  for (const connection of [one, patient]) {
    expect(isRedisAway(await errorOf(connection.get('a')))).toBe(true);
  }
  one.disconnect();
  patient.disconnect();
}, 30_000);
