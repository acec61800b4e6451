import { afterAll, beforeAll, expect, it } from 'vitest';
import { newTenant, openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { createPresence, type Presence, PRESENCE_LEASE_MS } from './presence.ts';

let test: TestBus;
let presence: Presence;
beforeAll(async () => {
  test = await openTestBus();
  presence = createPresence(test.redis, test.names);
});
afterAll(() => test.close());

const nowMs = async () => (await test.bus.view({ tenant: 'any' })).nowMs;

it('R44 an agent is there as long as one of the sockets is', async () => {
  const tenant = newTenant();
  await presence.renew(tenant, 'ana', 's1');
  await presence.renew(tenant, 'ana', 's2');
  const present = async () => [...(await presence.present(tenant, ['ana', 'bruno'], await nowMs()))];
  expect(await present()).toEqual(['ana']);
  await presence.end(tenant, 'ana', 's1');
  expect(await present()).toEqual(['ana']);
  await presence.end(tenant, 'ana', 's2');
  expect(await present()).toEqual([]);
});

it('a lease runs out by itself, by Redis’ clock, and can be renewed', async () => {
  const tenant = newTenant();
  await presence.renew(tenant, 'ana', 's1');
  const granted = await nowMs();
  const at = async (ms: number) => (await presence.present(tenant, ['ana'], granted + ms)).has('ana');
  expect(await at(PRESENCE_LEASE_MS - 1_000)).toBe(true);
  expect(await at(PRESENCE_LEASE_MS + 1)).toBe(false);
  expect(await test.redis.pttl(test.names.presence(tenant, 'ana'))).toBeGreaterThan(
    PRESENCE_LEASE_MS - 5_000,
  );
  const lease = await test.redis.zscore(test.names.presence(tenant, 'ana'), 's1');
  await presence.renew(tenant, 'ana', 's1');
  expect(Number(await test.redis.zscore(test.names.presence(tenant, 'ana'), 's1'))).toBeGreaterThanOrEqual(
    Number(lease),
  );
});

it('a lease that ran out is swept when another is renewed', async () => {
  const tenant = newTenant();
  const key = test.names.presence(tenant, 'ana');
  await test.redis.zadd(key, (await nowMs()) - 1, 'dead');
  await presence.renew(tenant, 'ana', 's1');
  expect(await test.redis.zrange(key, '0', '-1')).toEqual(['s1']);
});

it('I6 the same user of another tenant is somebody else', async () => {
  const [a, b] = [newTenant(), newTenant()];
  await presence.renew(a, 'ana', 's1');
  expect(await presence.present(b, ['ana'], await nowMs())).toEqual(new Set());
  expect(await presence.present(a, [], await nowMs())).toEqual(new Set());
});

it('says when it could not renew', async () => {
  const tenant = newTenant();
  await test.redis.set(test.names.presence(tenant, 'ana'), 'no set');
  await expect(presence.renew(tenant, 'ana', 's1')).rejects.toThrow('WRONGTYPE');
});
