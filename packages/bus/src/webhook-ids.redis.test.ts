import { createNames } from '@ramal/contracts';
import { type RestartableServer, startTestRedis } from '@ramal/testkit';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectRedis } from './connect-redis.ts';
import { createWebhookIds, type SignedMessage, type WebhookIds } from './webhook-ids.ts';

let server: RestartableServer;
let redis: Redis;
let ids: WebhookIds;
const names = createNames();
beforeAll(async () => {
  server = await startTestRedis();
  const log = { info: () => undefined, warn: () => undefined };
  redis = await connectRedis({ url: server.url, role: 'commands', name: 'test', log });
  ids = createWebhookIds(redis, names);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const nowSec = async () => (await redis.time())[0];
const message = async (over: Partial<SignedMessage> = {}): Promise<SignedMessage> => ({
  tenant: 'acme',
  webhookId: 'msg_1',
  timestampSec: Number(await nowSec()),
  digest: 'd1',
  ...over,
});

test('threat 5 a signed callback is new until it is stored, and then known as its call', async () => {
  const one = await message();
  expect(await ids.check(one)).toEqual({ kind: 'new' });
  expect(await ids.check(one)).toEqual({ kind: 'new' });
  await ids.markStored(one, 'call-1');
  await ids.markStored(one, 'call-2');
  expect(await ids.check(one)).toEqual({ kind: 'stored', callId: 'call-1' });
  expect(await ids.check({ ...one, digest: 'd2' })).toEqual({ kind: 'reused' });
});

test('I6 an id is each tenant’s own, whatever it looks like', async () => {
  for (const webhookId of ['msg_1', 'in', ':', '{p0}', '*', '__proto__', 'x'.repeat(256), '\u{1f600} \r\n']) {
    const mine = await message({ webhookId, digest: webhookId.length.toString() });
    await ids.markStored({ ...mine, tenant: 'b:*' }, 'call');
    expect(await ids.check({ ...mine, tenant: 'b:*' })).toMatchObject({ kind: 'stored' });
    expect(await ids.check({ ...mine, tenant: 'b' })).toEqual({ kind: 'new' });
  }
});

test('threat 5 five minutes by Redis’ clock are the window, either way, and ids are kept beyond it', async () => {
  const now = Number(await nowSec());
  const at = async (offsetSec: number) =>
    (await ids.check(await message({ webhookId: 'msg_2', timestampSec: now + offsetSec }))).kind;
  // Room for the seconds that pass meanwhile.
  expect([await at(-270), await at(290)]).toEqual(['new', 'new']);
  expect([await at(-301), await at(360), await at(-1e12), await at(1e12)]).toEqual([
    'outside',
    'outside',
    'outside',
    'outside',
  ]);
  await ids.markStored(await message({ webhookId: 'msg_2' }), 'call');
  const keys = await redis.keys('ramal:*webhookid*');
  expect(keys.every((key) => key.startsWith('ramal:{p'))).toBe(true);
  for (const key of keys) expect(await redis.ttl(key)).toBeGreaterThan(580);
});
