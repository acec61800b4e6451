import {
  connectRedis,
  createPresence,
  createSocketRegistry,
  type Presence,
  type SocketRegistry,
} from '@ramal/bus';
import { createNames } from '@ramal/contracts';
import { type RestartableServer, sleepUntil, startTestRedis } from '@ramal/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createNotedEvents, type NotedEvents } from '../test/noted-events.ts';
import { type PresenceKeeper, startPresenceKeeper } from './presence-keeper.ts';

const ANA = { tenant: 'acme', user: 'ana', ramal: '3501' };
const names = createNames(2);
const silent = { info: () => undefined, warn: () => undefined };

let server: RestartableServer;
let redis: Awaited<ReturnType<typeof connectRedis>>;
let presence: Presence;
let registry: SocketRegistry;
let events: NotedEvents;
const keepers: PresenceKeeper[] = [];

beforeEach(async () => {
  server = await startTestRedis();
  redis = await connectRedis({ url: server.url, role: 'commands', name: 'keeper-test', log: silent });
  presence = createPresence(redis, names);
  registry = createSocketRegistry({ redis, names, gateway: 'g1' });
  events = createNotedEvents();
});
afterEach(async () => {
  for (const keeper of keepers.splice(0)) await keeper.stop();
  redis.disconnect();
  await server.stop();
});

/** A long beat is none at all. */
async function start(beatMs = 3_600_000): Promise<PresenceKeeper> {
  const keeper = await startPresenceKeeper({ registry, events, beatMs });
  redis.on('ready', () => keeper.restore());
  keepers.push(keeper);
  return keeper;
}

const connections = async () => (await presence.list('acme', ['ana'])).get('ana') ?? [];
const isOpen = async () => (await connections()).map(({ open }) => open);

it('R44 a socket is there from its join to its logout, and for a while after it broke', async () => {
  const keeper = await start();
  const first = await keeper.join(ANA, {});
  const second = await keeper.join(ANA, { tab: 'a', focused: false });
  expect(await isOpen()).toEqual([true, true]);
  await keeper.logOut(first);
  expect(await isOpen()).toEqual([true]);
  keeper.leave(second);
  await sleepUntil(async () => (await isOpen())[0] === false);
  expect(await isOpen()).toEqual([false]);
});

it('R44 when Redis comes back without its data, all sockets are written down anew', async () => {
  const keeper = await start();
  await keeper.join(ANA, {});
  const before = await connections();
  await redis.flushall();
  await server.restart();
  await sleepUntil(async () => (await connections()).length === 1);
  expect(await connections()).toEqual(before);
});

it('R44 data that is lost without a word is noticed at the next beat', async () => {
  const keeper = await start(20);
  await keeper.join(ANA, {});
  await redis.flushall();
  await sleepUntil(async () => (await isOpen())[0] === true);
});

it('R44 who left while Redis was away is not logged in for ever', async () => {
  const keeper = await start();
  const socket = await keeper.join(ANA, {});
  const told = registry.break;
  registry.break = () => Promise.reject(new Error('Redis is away'));
  keeper.leave(socket);
  keeper.restore();
  await sleepUntil(() => events.noted.filter((what) => what === 'backgroundFailed presence').length === 2);
  expect(await isOpen()).toEqual([true]);
  registry.break = told;
  keeper.restore();
  await sleepUntil(async () => (await isOpen())[0] === false);
});

it('a join that failed leaves nobody behind, though Redis may have heard of it', async () => {
  const keeper = await start();
  const { join } = registry;
  registry.join = async (socket, focused) => {
    await join(socket, focused);
    throw new Error('the reply was lost');
  };
  await expect(keeper.join(ANA, {})).rejects.toThrow('the reply was lost');
  keeper.restore();
  await sleepUntil(async () => (await isOpen())[0] === false);
});

it('a logout that failed leaves the agent logged in', async () => {
  const keeper = await start();
  const socket = await keeper.join(ANA, {});
  const { logOut } = registry;
  registry.logOut = () => Promise.reject(new Error('Redis is away'));
  await expect(keeper.logOut(socket)).rejects.toThrow('Redis is away');
  await redis.flushall();
  keeper.restore();
  await sleepUntil(async () => (await isOpen())[0] === true);
  registry.logOut = logOut;
  await keeper.logOut(socket);
  keeper.restore();
  await keeper.stop();
  expect(await isOpen()).toEqual([]);
});

it('every socket is written down anew in its turn, long before it is forgotten', async () => {
  const keeper = await start(5);
  await Promise.all(Array.from({ length: 100 }, (_, n) => keeper.join({ ...ANA, user: `user-${n}` }, {})));
  const keys = Array.from({ length: 100 }, (_, n) => names.presence('acme', `user-${n}`));
  await Promise.all(keys.map((key) => redis.pexpire(key, 60_000)));
  await sleepUntil(async () => {
    const left = await Promise.all(keys.map((key) => redis.pttl(key)));
    return left.every((ms) => ms > 60_000);
  });
});

it('stopping in order ends the leases, and the agents have their grace', async () => {
  const keeper = await start();
  const socket = await keeper.join(ANA, {});
  await keeper.join({ ...ANA, user: 'bruno' }, {});
  keeper.leave(socket);
  await keeper.stop();
  expect(await redis.zcard(names.gateways(0))).toBe(0);
  expect(await redis.zcard(names.gateways(1))).toBe(0);
  expect((await presence.list('acme', ['ana', 'bruno'])).size).toBe(2);
});
