import { sleepUntil } from '@ramal/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createFakeSocket } from '../test/fake-socket.ts';
import { createMemoryInbox, type MemoryInbox } from '../test/memory-inbox.ts';
import { createNotedEvents, type NotedEvents } from '../test/noted-events.ts';
import { type AgentHub, createAgentHub } from './agent-hub.ts';
import { AgentSession } from './agent-session.ts';

let memory: MemoryInbox;
let events: NotedEvents;
let hub: AgentHub;
beforeEach(() => {
  memory = createMemoryInbox();
  events = createNotedEvents();
  hub = createAgentHub(memory.feed, events);
});

function sessionOf(user: string, tenant = 'acme') {
  const socket = createFakeSocket();
  const session = new AgentSession({ tenant, user, ramal: null }, socket, memory.inbox, events);
  return { session, socket };
}
async function joined(user: string, tenant?: string) {
  const one = sessionOf(user, tenant);
  await hub.join(one.session);
  await one.session.begin(null, () => undefined);
  return one;
}
const hears = (socket: { frames: { op: string }[] }) => socket.frames.map(({ op }) => op);

describe('the hub', () => {
  it('subscribes once an agent, however many sockets, and until the last one leaves', async () => {
    const tabs = await Promise.all([joined('ana'), joined('ana'), joined('ana')]);
    expect(memory.subscribed()).toBe(1);
    memory.tell('news');
    for (const { socket } of tabs) expect(hears(socket)).toEqual(['news']);
    for (const { session } of tabs) {
      expect(memory.subscribed()).toBe(1);
      hub.leave(session);
    }
    expect(memory.subscribed()).toBe(0);
    expect(hub.all()).toEqual([]);
  });

  it('I6 keeps agents of one name in two tenants apart', async () => {
    const [a, b] = [await joined('ana', 'acme'), await joined('ana', 'globex')];
    expect(memory.subscribed()).toBe(2);
    expect(hub.of(a.session.identity)).toEqual([a.session]);
    hub.leave(a.session);
    expect(hub.all()).toEqual([b.session]);
  });

  it('tells ids that only look the same apart', async () => {
    await joined('b","c', 'a');
    await joined('c', 'a","b');
    expect(memory.subscribed()).toBe(2);
  });

  it('lists an agent’s sessions oldest first', async () => {
    const tabs = [await joined('ana'), await joined('ana'), await joined('bruno')];
    expect(hub.of(tabs[0]!.session.identity)).toEqual([tabs[0]?.session, tabs[1]?.session]);
  });

  it('one who leaves and joins at once is subscribed', async () => {
    const first = await joined('ana');
    hub.leave(first.session);
    const second = sessionOf('ana');
    const joining = hub.join(second.session);
    await joining;
    await second.session.begin(null, () => undefined);
    memory.tell('news');
    expect(hears(second.socket)).toEqual(['news']);
    expect(hears(first.socket)).toEqual([]);
  });

  it('one who leaves while joining takes nobody along', async () => {
    const [first, second] = [sessionOf('ana'), sessionOf('ana')];
    const joining = hub.join(first.session);
    hub.leave(first.session);
    await Promise.all([joining, hub.join(second.session)]);
    await second.session.begin(null, () => undefined);
    memory.tell('news');
    expect(hears(second.socket)).toEqual(['news']);
    expect(hub.all()).toEqual([second.session]);
  });

  it('leaving twice, or without having joined, does nothing', async () => {
    const [one, other] = [await joined('ana'), sessionOf('ana')];
    hub.leave(other.session);
    expect(memory.subscribed()).toBe(1);
    hub.leave(one.session);
    const next = await joined('ana');
    hub.leave(one.session);
    expect(hub.all()).toEqual([next.session]);
  });

  it('a subscription that fails once fails those who waited for it, and nobody after', async () => {
    memory.failSubscriptions(1);
    const [first, second] = [sessionOf('ana'), sessionOf('ana')];
    const both = await Promise.allSettled([hub.join(first.session), hub.join(second.session)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    // Even before those two have left.
    const third = await joined('ana');
    hub.leave(first.session);
    hub.leave(second.session);
    memory.tell('news');
    expect(hears(third.socket)).toEqual(['news']);
    expect(hub.all()).toEqual([third.session]);
  });

  it('I5 brings every session up to date, few at a time', async () => {
    const tabs = await Promise.all(Array.from({ length: 120 }, (_, n) => joined(`agent-${n % 40}`)));
    memory.tell('news', {}, { lost: true });
    const before = memory.reads;
    const open = memory.hold();
    const catchingUp = hub.catchUp();
    await sleepUntil(() => memory.reads > before);
    expect(memory.reads - before).toBeLessThanOrEqual(50);
    open();
    await catchingUp;
    for (const { socket } of tabs) expect(hears(socket)).toEqual(['news']);
  });

  it('leaves the rest for later when it is no use any more', async () => {
    await Promise.all(Array.from({ length: 120 }, (_, n) => joined(`agent-${n}`)));
    const before = memory.reads;
    let worthwhile = true;
    const open = memory.hold();
    const catchingUp = hub.catchUp(() => worthwhile);
    await sleepUntil(() => memory.reads > before);
    worthwhile = false;
    open();
    await catchingUp;
    expect(memory.reads - before).toBeLessThanOrEqual(50);
  });

  it('one whose inbox can’t be read keeps nobody else from theirs', async () => {
    const tabs = await Promise.all(Array.from({ length: 60 }, (_, n) => joined(`agent-${n}`)));
    memory.tell('news', {}, { lost: true });
    memory.failReads(1);
    await hub.catchUp();
    expect(tabs.filter(({ socket }) => socket.frames.length === 1)).toHaveLength(59);
    await sleepUntil(() => tabs.every(({ socket }) => socket.frames.length === 1));
  });
});
