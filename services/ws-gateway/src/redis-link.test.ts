import { sleepUntil } from '@ramal/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFakeSocket } from '../test/fake-socket.ts';
import { createMemoryInbox, type MemoryInbox } from '../test/memory-inbox.ts';
import { createNotedEvents, type NotedEvents } from '../test/noted-events.ts';
import { type AgentHub, createAgentHub } from './agent-hub.ts';
import { AgentSession } from './agent-session.ts';
import { createRedisLink, type RedisLink } from './redis-link.ts';

let memory: MemoryInbox;
let events: NotedEvents;
let hub: AgentHub;
let link: RedisLink;
let identity: string;
/** What `cutOff` was at each change. */
let changes: boolean[];

beforeEach(() => {
  memory = createMemoryInbox();
  events = createNotedEvents();
  hub = createAgentHub(memory.feed, events);
  identity = 'one';
  link = createRedisLink({ feed: memory.feed, hub, events, identity, readIdentity: async () => identity });
  memory.feed.onReconnected(link.reconnected);
  changes = [];
  link.onChange(() => changes.push(link.cutOff()));
});
afterEach(() => link.stop());

async function joined(user: string) {
  const socket = createFakeSocket();
  const session = new AgentSession({ tenant: 'acme', user, ramal: null }, socket, memory.inbox, events);
  await hub.join(session);
  await session.begin(null, () => undefined);
  return socket;
}
const hears = (socket: { frames: { op: string }[] }) => socket.frames.map(({ op }) => op);

it('I5 is mended once everything is subscribed again and every agent is up to date, not before', async () => {
  const sockets = [await joined('ana'), await joined('ana'), await joined('bruno')];
  link.silent();
  memory.reconnect();
  expect(link.cutOff()).toBe(true);
  memory.tell('missed');
  const open = memory.hold();
  const before = memory.reads;
  link.heard();
  await sleepUntil(() => memory.reads > before);
  expect(link.cutOff()).toBe(true);
  open();
  await sleepUntil(() => !link.cutOff());
  memory.tell('live');
  for (const socket of sockets) expect(hears(socket)).toEqual(['missed', 'live']);
  expect(changes).toEqual([true, false]);
  expect(events.noted.slice(0, 1)).toEqual(['redisSilent']);
  expect(events.noted).toContain('redisMended 3');
});

it('a new connection alone is caught up with, and nobody is told of it', async () => {
  const socket = await joined('ana');
  memory.reconnect();
  memory.tell('missed');
  await sleepUntil(() => socket.frames.length === 1);
  memory.tell('live');
  expect(hears(socket)).toEqual(['missed', 'live']);
  expect(changes).toEqual([]);
});

it('I5 another Redis may have given seqs to others: all that stands is told, whatever the inbox says', async () => {
  const socket = await joined('ana');
  memory.tell('one');
  memory.tell('two');
  // The new one has neither, and two others in their place.
  memory.rollBack(2);
  memory.tell('three', {}, { lost: true });
  memory.tell('four', {}, { lost: true });
  identity = 'another';
  memory.reconnect();
  await sleepUntil(() => hears(socket).includes('resync'));
  memory.tell('five');
  expect(hears(socket)).toEqual(['one', 'two', 'resync', 'five']);
  expect(socket.frames.map(({ seq }) => seq)).toEqual([1, 2, undefined, 3]);
  // Once: a connection to the same one is nothing of the kind.
  memory.reconnect();
  memory.tell('six');
  await sleepUntil(() => hears(socket).includes('six'));
  expect(hears(socket).filter((op) => op === 'resync')).toHaveLength(1);
});

it('silence while it is being mended keeps it cut off until it is heard once more', async () => {
  const socket = await joined('ana');
  link.silent();
  memory.reconnect();
  const open = memory.hold();
  const before = memory.reads;
  link.heard();
  await sleepUntil(() => memory.reads > before);
  link.silent();
  open();
  memory.tell('missed', {}, { lost: true });
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(link.cutOff()).toBe(true);
  link.heard();
  await sleepUntil(() => !link.cutOff());
  expect(hears(socket)).toEqual(['missed']);
  // Nobody is told twice, nor of what did not change.
  expect(changes).toEqual([true, false]);
});

it('subscriptions that fail are tried again', async () => {
  const socket = await joined('ana');
  link.silent();
  memory.reconnect();
  memory.failSubscriptions(1);
  link.heard();
  await sleepUntil(() => !link.cutOff());
  memory.tell('live');
  expect(hears(socket)).toEqual(['live']);
  expect(events.noted).toContain('backgroundFailed feed');
});

it('stopped, it mends nothing more', async () => {
  await joined('ana');
  link.silent();
  link.stop();
  const before = memory.reads;
  link.heard();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect([memory.reads, link.cutOff()]).toEqual([before, true]);
});
