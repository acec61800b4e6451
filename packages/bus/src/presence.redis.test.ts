import { sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newTenant, openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { createPresence, type Presence } from './presence.ts';
import { createSocketRegistry, type SocketRegistry } from './socket-registry.ts';

/** Far more than the tests of one file take. */
const LONG_MS = 600_000;
const HOSTILE = ['a:b', '{p0}', 'ana*', '__proto__', '../x', 'ação "1"', '\ud800', 'a b\nc'];

let test: TestBus;
let presence: Presence;
beforeAll(async () => {
  test = await openTestBus();
  presence = createPresence(test.redis, test.names);
});
afterAll(() => test.close());

const nowMs = async () => (await test.bus.view({ tenant: 'any' })).nowMs;
let gateways = 0;

/** A gateway whose leases stand. */
async function openGateway(over: { leaseMs?: number; graceMs?: number } = {}): Promise<SocketRegistry> {
  gateways += 1;
  const { redis, names } = test;
  const options = { leaseMs: LONG_MS, graceMs: LONG_MS, ...over };
  const registry = createSocketRegistry({ redis, names, gateway: `g${gateways}`, ...options });
  await registry.renewLeases();
  return registry;
}

async function join(gateway: SocketRegistry, tenant: string, user = 'ana') {
  const socket = gateway.prepare({ tenant, user }, null);
  await gateway.join(socket, true);
  return socket;
}

const isPresent = async (tenant: string, user = 'ana') =>
  (await presence.present(tenant, [user], await nowMs())).has(user);
const fields = (tenant: string, user = 'ana') => test.redis.hlen(test.names.presence(tenant, user));

it('R44 an agent is there until the last socket logs out, and then at once', async () => {
  const tenant = newTenant();
  const [one, other] = [await openGateway(), await openGateway()];
  const first = await join(one, tenant);
  const second = await join(other, tenant);
  expect([...(await presence.present(tenant, ['ana', 'bruno'], await nowMs()))]).toEqual(['ana']);
  await one.logOut(first);
  expect(await isPresent(tenant)).toBe(true);
  await other.logOut(second);
  expect(await isPresent(tenant)).toBe(false);
  expect(await test.redis.exists(test.names.presence(tenant, 'ana'), test.names.focus(tenant, 'ana'))).toBe(
    0,
  );
});

it('R44 lists who is logged in, where, and since when', async () => {
  const tenant = newTenant();
  const [one, other] = [await openGateway(), await openGateway()];
  const before = await nowMs();
  const first = await join(one, tenant);
  await sleepUntil(async () => (await nowMs()) > first.sinceMs);
  const second = await join(other, tenant);
  await other.break(second);
  expect(first.sinceMs).toBeGreaterThanOrEqual(before);
  expect(await presence.list(tenant, ['bruno', 'ana'])).toEqual(
    new Map([
      [
        'ana',
        [
          { gateway: one.gateway, sinceMs: first.sinceMs, open: true },
          { gateway: other.gateway, sinceMs: second.sinceMs, open: false },
        ],
      ],
    ]),
  );
  expect(await presence.list(tenant, [])).toEqual(new Map());
});

it('R44 the agents of a gateway that dies are there until its lease ends, and not longer', async () => {
  const tenant = newTenant();
  const dying = await openGateway({ leaseMs: 400 });
  await join(dying, tenant);
  const lease = Number(
    await test.redis.zscore(test.names.gateways(test.names.partitionOf(tenant)), dying.gateway),
  );
  // Asked about moments, so that no slow machine can fail it.
  const at = async (ms: number) => (await presence.present(tenant, ['ana'], ms)).has('ana');
  expect(await at(lease - 1)).toBe(true);
  expect(await at(lease)).toBe(false);
  await sleepUntil(async () => !(await isPresent(tenant)));
  expect(await nowMs()).toBeGreaterThanOrEqual(lease);
  expect(await fields(tenant)).toBe(0);
});

it('a lease that is renewed in time lasts, and one that was not is noticed by all', async () => {
  const [living, dying] = [await openGateway(), await openGateway({ leaseMs: 100 })];
  expect(await living.renewLeases()).toMatchObject({ lost: false });
  await sleepUntil(async () => (await living.renewLeases()).dead.includes(dying.gateway));
  // Told again to who asks later, and by the gateway itself when it was only slow.
  expect((await living.renewLeases()).dead).toContain(dying.gateway);
  expect((await dying.renewLeases()).lost).toBe(true);
  expect((await living.renewLeases()).dead).not.toContain(dying.gateway);
});

it('a gateway that stops in order is not taken for dead, and its agents keep their grace', async () => {
  const tenant = newTenant();
  const [stopping, living] = [await openGateway(), await openGateway()];
  const socket = await join(stopping, tenant);
  await stopping.break(socket);
  await stopping.endLeases();
  expect((await living.renewLeases()).dead).not.toContain(stopping.gateway);
  expect(await isPresent(tenant)).toBe(true);
});

it('R44 a socket that broke counts for its grace, also when its gateway dies, and not longer', async () => {
  const tenant = newTenant();
  const gateway = await openGateway({ leaseMs: 1, graceMs: 400 });
  const socket = await join(gateway, tenant);
  await gateway.renewLeases();
  const before = await nowMs();
  await gateway.break(socket);
  const after = await nowMs();
  const at = async (ms: number) => (await presence.present(tenant, ['ana'], ms)).has('ana');
  expect(await at(before + 399)).toBe(true);
  expect(await at(after + 400)).toBe(false);
  await sleepUntil(async () => !(await isPresent(tenant)));
  expect(await nowMs()).toBeGreaterThanOrEqual(before + 400);
});

it('a socket that logged out does not come back by breaking', async () => {
  const tenant = newTenant();
  const gateway = await openGateway();
  const socket = await join(gateway, tenant);
  await gateway.logOut(socket);
  await gateway.break(socket);
  expect(await isPresent(tenant)).toBe(false);
});

it('what a Redis lost is written down anew, with the time it began', async () => {
  const tenant = newTenant();
  const gateway = await openGateway();
  const socket = await join(gateway, tenant);
  await test.redis.del(test.names.presence(tenant, 'ana'), test.names.focus(tenant, 'ana'));
  await test.redis.del(test.names.gateways(0), test.names.gateways(1));
  expect(await isPresent(tenant)).toBe(false);
  expect((await gateway.renewLeases()).lost).toBe(true);
  await gateway.renew(socket);
  expect((await presence.list(tenant, ['ana'])).get('ana')).toEqual([
    { gateway: gateway.gateway, sinceMs: socket.sinceMs, open: true },
  ]);
  expect(await test.redis.zscore(test.names.focus(tenant, 'ana'), socket.socket)).toBe(
    String(socket.focusedMs),
  );
});

it('everything runs out by itself, and a renewal puts that off', async () => {
  const tenant = newTenant();
  const gateway = await openGateway();
  const socket = await join(gateway, tenant);
  for (const key of [test.names.presence(tenant, 'ana'), test.names.focus(tenant, 'ana')]) {
    await test.redis.pexpire(key, 10_000);
    await gateway.renew(socket);
    expect(await test.redis.pttl(key)).toBeGreaterThan(10_000);
  }
});

it('I6 the same user of another tenant is somebody else', async () => {
  const [a, b] = [newTenant(), newTenant()];
  await join(await openGateway(), a);
  expect(await isPresent(b)).toBe(false);
  expect(await presence.list(b, ['ana'])).toEqual(new Map());
});

it('I6 hostile names of users stay apart', async () => {
  const tenant = newTenant();
  const gateway = await openGateway();
  for (const [i, user] of HOSTILE.entries()) {
    const socket = await join(gateway, tenant, user);
    const here = await presence.present(tenant, [...HOSTILE, 'ana'], await nowMs());
    expect([...here]).toEqual(HOSTILE.slice(0, i + 1));
    expect(socket.user).toBe(user);
  }
});

it('a record that can’t be read is nobody’s, and harms nobody', async () => {
  const tenant = newTenant();
  const gateway = await openGateway();
  await join(gateway, tenant);
  const key = test.names.presence(tenant, 'ana');
  for (const [i, garbage] of ['', 'x', '[]', '{}', '{"gateway":7}', 'null'].entries())
    await test.redis.hset(key, `bad${i}`, garbage);
  expect((await presence.list(tenant, ['ana'])).get('ana')).toHaveLength(1);
  expect(await fields(tenant)).toBe(1);
});

it('says when it could not write', async () => {
  const tenant = newTenant();
  await test.redis.set(test.names.presence(tenant, 'ana'), 'no hash');
  await expect(join(await openGateway(), tenant)).rejects.toThrow('WRONGTYPE');
});

it('R44 ten thousand agents cost their gateway one command a partition, and are read in chunks', async () => {
  const tenant = newTenant();
  const gateway = await openGateway();
  const users = Array.from({ length: 10_000 }, (_, n) => `user-${n}`);
  for (let i = 0; i < users.length; i += 500)
    await Promise.all(users.slice(i, i + 500).map((user) => join(gateway, tenant, user)));
  const calls = async (command: string) => {
    const stats = await test.redis.info('commandstats');
    return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  };
  const scripts = async () => (await calls('evalsha')) + (await calls('eval'));
  const atFirst = await scripts();
  await gateway.renewLeases();
  expect((await scripts()) - atFirst).toBe(test.names.partitions);
  const before = await scripts();
  const { size } = await presence.list(tenant, users);
  expect([size, (await scripts()) - before]).toEqual([10_000, 20]);
});
