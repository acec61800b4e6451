import type { AgentIdentity } from '@ramal/contracts';
import { CLOSE } from '@ramal/contracts';
import { AgentTokenInvalidError, WireError } from '@ramal/runtime';
import { sleepUntil } from '@ramal/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFakeSocket, type FakeSocket } from '../test/fake-socket.ts';
import { createMemoryInbox, type MemoryInbox } from '../test/memory-inbox.ts';
import { createNotedEvents, type NotedEvents } from '../test/noted-events.ts';
import { type AgentHub, createAgentHub } from './agent-hub.ts';
import type { AgentRequests } from './agent-requests.ts';
import { type ConnectionDeps, openConnection } from './connection.ts';
import { drain } from './drain.ts';

const POPUP_ID = '6f1b1c1e-8d7a-4c55-9b1e-000000000001';
let memory: MemoryInbox;
let events: NotedEvents;
let hub: AgentHub;
let leases: Set<string>;
let asked: string[];
let tenantActive: boolean;
let presenceFails: boolean;
let onDial: AgentRequests['dial'];
const open: FakeSocket[] = [];

beforeEach(() => {
  memory = createMemoryInbox();
  events = createNotedEvents();
  hub = createAgentHub(memory.feed, events);
  leases = new Set();
  asked = [];
  tenantActive = true;
  presenceFails = false;
  onDial = async (_agent, { intentId }) => ({ intentId, callId: 'c1' });
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.close(1000, 'test over');
  vi.useRealTimers();
});

/** A token is `user` or `user/expiry in ms`; `bad` and `old` are refused. */
async function verify(token: string) {
  const [user = '', ttlMs = '60000'] = token.split('/');
  if (user === 'bad') throw new AgentTokenInvalidError('no', false);
  if (user === 'old') throw new AgentTokenInvalidError('no', true);
  const identity: AgentIdentity = { tenant: 'acme', user, ramal: '3501' };
  return { identity, expiresAtMs: Date.now() + Number(ttlMs) };
}

const note = (agent: AgentIdentity, what: string) => asked.push(`${agent.user} ${what}`);
const requests: AgentRequests = {
  dial: (agent, data) => {
    note(agent, `dial ${data.to}`);
    return onDial(agent, data);
  },
  cancelDial: async (agent, intentId) => {
    note(agent, `cancel ${intentId}`);
    throw new WireError('intent_not_found', 'there is none');
  },
  react: async (agent, popupId, reaction) => {
    note(agent, reaction);
    return { popupId };
  },
  tenantState: async () => ({ active: tenantActive, cti: { enabled: true, state: 'ok' } }),
};

function connect(over: Partial<ConnectionDeps> = {}) {
  const socket = createFakeSocket();
  const deps: ConnectionDeps = {
    hub,
    inbox: memory.inbox,
    presence: {
      async renew(_tenant, user) {
        if (presenceFails) throw new Error('Redis is away');
        leases.add(user);
      },
      async end(_tenant, user) {
        leases.delete(user);
      },
      present: async () => new Set(),
    },
    requests,
    events,
    verify,
    login: () => Promise.reject(new Error('nobody speaks the legacy dialect here')),
    authTimeoutMs: 5_000,
    heartbeatMs: 25_000,
    maxSocketsPerAgent: 3,
    messagesPerSec: 20,
    maxFrameBytes: 16_384,
    ...over,
  };
  const handlers = openConnection(socket, deps);
  socket.onClose = (code) => handlers.onClose(code);
  open.push(socket);
  let nextId = 0;
  return {
    socket,
    raw: (text: string | null) => handlers.onMessage(text),
    /** Sends a frame and waits for what answers it. */
    async ask(op: string, data: object = {}) {
      nextId += 1;
      const id = nextId;
      handlers.onMessage(JSON.stringify({ op, id, data }));
      return sleepUntil(() => socket.frames.find(({ replyTo }) => replyTo === id) ?? socket.closedWith, {
        everyMs: 1,
      });
    },
    async auth(token = 'ana', data: object = {}) {
      handlers.onMessage(JSON.stringify({ op: 'auth', id: 'auth', data: { token, ...data } }));
      await sleepUntil(() => socket.frames.some(({ op }) => op === 'ready') || socket.closed, { everyMs: 1 });
    },
  };
}
const opsOf = (socket: FakeSocket) => socket.frames.map(({ op }) => op);
const errorsOf = (socket: FakeSocket) =>
  socket.frames.filter(({ op }) => op === 'error').map(({ data }) => data.code);

describe('authentication', () => {
  it('a good token makes the agent ready, present and subscribed', async () => {
    memory.tell('one');
    const { socket, auth } = connect();
    await auth();
    expect(socket.frames).toHaveLength(1);
    expect(socket.frames[0]).toMatchObject({
      op: 'ready',
      data: {
        agent: { tenant: 'acme', user: 'ana', ramal: '3501' },
        cti: { enabled: true, state: 'ok' },
        calls: [],
        popups: [],
        resume: { seq: 1, status: 'fresh' },
        heartbeatMs: 25_000,
      },
    });
    expect(leases.has('ana')).toBe(true);
    memory.tell('two');
    expect(opsOf(socket)).toEqual(['ready', 'two']);
  });

  it('I5 resumes where the client left', async () => {
    memory.tell('one');
    memory.tell('two');
    const { socket, auth } = connect();
    await auth('ana', { resume: { epoch: 'epoch-1', seq: 1 } });
    expect(opsOf(socket)).toEqual(['ready', 'two']);
    expect(events.noted).toContain('authenticated resumed');
  });

  it.each([
    ['bad', CLOSE.authFailed.code],
    ['old', CLOSE.tokenExpired.code],
  ])('a %s token is refused with its close code', async (token, code) => {
    const { socket, auth } = connect();
    await auth(token);
    expect(errorsOf(socket)).toEqual(['auth_failed']);
    expect(socket.closedWith?.code).toBe(code);
    expect(hub.all()).toEqual([]);
  });

  it('R42 an inactive company is refused for good', async () => {
    tenantActive = false;
    const { socket, auth } = connect();
    await auth();
    expect(errorsOf(socket)).toEqual(['tenant_disabled']);
    expect(socket.closedWith?.code).toBe(CLOSE.tenantDisabled.code);
    expect(leases.size).toBe(0);
  });

  it('goes on without the directory: who can’t be looked up still hears of calls', async () => {
    const failing = { ...requests, tenantState: () => Promise.reject(new Error('PostgreSQL is away')) };
    const { socket, auth } = connect({ requests: failing });
    await auth();
    expect(opsOf(socket)).toEqual(['ready']);
    expect(events.noted).toContain('backgroundFailed tenant directory');
  });

  it.each([
    ['the inbox', () => memory.failReads(1)],
    ['the feed', () => memory.failSubscriptions(1)],
    [
      'the lease',
      () => {
        presenceFails = true;
      },
    ],
  ])('with %s out of reach the client is asked to try later, and nothing is left behind', async (_, fail) => {
    fail();
    const { socket, auth } = connect();
    await auth();
    expect(errorsOf(socket)).toEqual(['unavailable']);
    expect(socket.closedWith?.code).toBe(CLOSE.tryLater.code);
    expect(hub.all()).toEqual([]);
    presenceFails = false;
    const second = connect();
    await second.auth();
    expect(opsOf(second.socket)).toEqual(['ready']);
  });

  it('threat 9 a socket that says nothing is closed in time', async () => {
    vi.useFakeTimers();
    const { socket } = connect();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(socket.closed).toBe(false);
    await vi.advanceTimersByTimeAsync(2);
    expect(socket.closedWith?.code).toBe(CLOSE.authTimeout.code);
  });

  it('one whose answer hangs is sent away instead of waiting for ever', async () => {
    vi.useFakeTimers();
    const hold = memory.hold();
    const { socket, raw } = connect();
    raw('{"op":"auth","id":1,"data":{"token":"ana"}}');
    await vi.advanceTimersByTimeAsync(5_001);
    expect(socket.closedWith?.code).toBe(CLOSE.tryLater.code);
    hold();
    await vi.advanceTimersByTimeAsync(10);
    expect(socket.frames).toEqual([]);
    expect(hub.all()).toEqual([]);
  });

  it('anything else first ends the connection', async () => {
    const { socket, ask } = connect();
    await ask('ping');
    expect(errorsOf(socket)).toEqual(['auth_required']);
    expect(socket.closedWith?.code).toBe(CLOSE.protocolError.code);
  });

  it.each(['{', '{"op":"auth","id":1,"data":{}}', null])('a first frame of %j ends it too', async (text) => {
    const { socket, raw } = connect();
    raw(text);
    await sleepUntil(() => socket.closed);
    expect(socket.closedWith?.code).toBe(CLOSE.protocolError.code);
    expect(socket.frames).toHaveLength(1);
  });

  it('frames sent along with auth are answered after it', async () => {
    const { socket, raw, auth } = connect();
    const authenticating = auth();
    raw('{"op":"ping","id":2}');
    raw('{"op":"popup.seen","id":3,"data":{"popupId":"' + POPUP_ID + '"}}');
    await authenticating;
    await sleepUntil(() => socket.frames.length === 3);
    expect(opsOf(socket)).toEqual(['ready', 'ack', 'ack']);
  });

  it('a socket closed while it authenticates leaves nothing behind', async () => {
    const hold = memory.hold();
    const { socket, raw } = connect();
    raw('{"op":"auth","id":1,"data":{"token":"ana"}}');
    await sleepUntil(() => hub.all().length === 1);
    socket.close(1006, 'gone');
    hold();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(hub.all()).toEqual([]);
    expect(memory.subscribed()).toBe(0);
  });
});

describe('the token', () => {
  it('threat 7 ends the socket with it', async () => {
    const { socket, auth } = connect();
    await auth('ana/40');
    await sleepUntil(() => socket.closed);
    expect(socket.closedWith?.code).toBe(CLOSE.tokenExpired.code);
  });

  it('can be renewed in time', async () => {
    const { socket, auth, ask } = connect();
    await auth('ana/200');
    expect(await ask('auth.refresh', { token: 'ana/60000' })).toMatchObject({ op: 'ack' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(socket.closed).toBe(false);
  });

  it.each(['bruno', 'bad', 'old'])('of %s does not renew it, and ends nothing', async (token) => {
    const { socket, auth, ask } = connect();
    await auth();
    expect(await ask('auth.refresh', { token })).toMatchObject({
      op: 'error',
      data: { code: 'auth_failed' },
    });
    expect(socket.closed).toBe(false);
    await ask('dial', { intentId: 'i', to: '190' });
    expect(asked).toEqual(['ana dial 190']);
  });

  it('that lives longer than timers do keeps the socket open', async () => {
    const { socket, auth, ask } = connect();
    await auth(`ana/${60 * 24 * 60 * 60 * 1000}`);
    await ask('ping');
    expect(socket.closed).toBe(false);
  });
});

describe('requests', () => {
  it('are acknowledged or refused under their own id, in the agent’s name', async () => {
    const { auth, ask } = connect();
    await auth();
    expect(await ask('dial', { intentId: 'i1', to: '(47) 3210-0123' })).toMatchObject({
      op: 'ack',
      data: { intentId: 'i1', callId: 'c1' },
    });
    expect(await ask('dial.cancel', { intentId: 'i1' })).toMatchObject({
      op: 'error',
      data: { code: 'intent_not_found', retryable: false },
    });
    expect(await ask('popup.seen', { popupId: POPUP_ID })).toMatchObject({ op: 'ack' });
    expect(await ask('popup.dismiss', { popupId: POPUP_ID })).toMatchObject({ op: 'ack' });
    expect(await ask('ping')).toMatchObject({ op: 'ack', data: { ts: expect.any(Number) } });
    expect(await ask('auth', { token: 'bruno' })).toMatchObject({ op: 'error', data: { code: 'bad_frame' } });
    expect(asked).toEqual(['ana dial 4732100123', 'ana cancel i1', 'ana popup.seen', 'ana popup.dismissed']);
  });

  it('are answered in their order, each after the one before', async () => {
    let finish: (() => void) | undefined;
    onDial = () =>
      new Promise((resolve) => {
        finish = () => resolve({});
      });
    const { socket, auth, raw } = connect();
    await auth();
    raw('{"op":"dial","id":1,"data":{"intentId":"i","to":"190"}}');
    raw('{"op":"ping","id":2}');
    await sleepUntil(() => finish);
    expect(socket.frames).toHaveLength(1);
    finish?.();
    await sleepUntil(() => socket.frames.length === 3);
    expect(socket.frames.slice(1).map(({ replyTo }) => replyTo)).toEqual([1, 2]);
  });

  it('I8 what went wrong inside is not told: it may be tried again', async () => {
    onDial = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:6379'));
    const { socket, auth, ask } = connect();
    await auth();
    const refused = await ask('dial', { intentId: 'i', to: '190' });
    expect(refused).toMatchObject({ op: 'error', data: { code: 'unavailable', retryable: true } });
    expect(JSON.stringify(socket.frames)).not.toContain('10.0.0.7');
    expect(events.noted).toContain('requestFailed');
    expect(await ask('ping')).toMatchObject({ op: 'ack' });
  });

  it('R42 a dial of a company switched off meanwhile ends the socket for good', async () => {
    onDial = () => Promise.reject(new WireError('tenant_disabled', 'this company is not active'));
    const { socket, auth, ask } = connect();
    await auth();
    await ask('dial', { intentId: 'i', to: '190' });
    await sleepUntil(() => socket.closed);
    expect(socket.closedWith?.code).toBe(CLOSE.tenantDisabled.code);
  });

  it('sync brings the state again', async () => {
    const { auth, ask } = connect();
    await auth();
    memory.tell('one');
    expect(await ask('sync')).toMatchObject({ op: 'ack', data: { resume: { seq: 1, status: 'fresh' } } });
  });

  it('a failed sync is refused, and events go on', async () => {
    const { socket, auth, ask } = connect();
    await auth();
    memory.failReads(1);
    expect(await ask('sync')).toMatchObject({ op: 'error', data: { code: 'unavailable' } });
    memory.tell('one');
    expect(opsOf(socket).at(-1)).toBe('one');
  });

  it('R44 logging out ends the lease and the socket', async () => {
    const { socket, auth, ask } = connect();
    await auth();
    expect(await ask('logout')).toMatchObject({ op: 'ack' });
    await sleepUntil(() => socket.closed);
    expect(socket.closedWith?.code).toBe(CLOSE.normal.code);
    expect([leases.size, hub.all().length]).toEqual([0, 0]);
  });

  it('a socket that just goes keeps its lease: the agent may be reconnecting', async () => {
    const { socket, auth } = connect();
    await auth();
    socket.close(1006, 'gone');
    expect([leases.has('ana'), hub.all().length]).toEqual([true, 0]);
  });
});

describe('threat 9 limits', () => {
  it('frames above the rate end the socket', async () => {
    const { socket, auth, raw } = connect({ messagesPerSec: 2 });
    await auth();
    for (let id = 0; id < 12; id++) raw(`{"op":"ping","id":${id}}`);
    expect(socket.closedWith?.code).toBe(CLOSE.rateLimited.code);
    expect(errorsOf(socket)).toEqual(['rate_limited']);
  });

  it('frames that pile up behind a slow one end it too', async () => {
    onDial = () => new Promise(() => undefined);
    const { socket, auth, raw } = connect({ messagesPerSec: 1_000 });
    await auth();
    raw('{"op":"dial","id":1,"data":{"intentId":"i","to":"190"}}');
    for (let id = 2; id < 300; id++) raw(`{"op":"ping","id":${id}}`);
    expect(socket.closedWith?.code).toBe(CLOSE.rateLimited.code);
  });

  it('a few broken frames are told, many end the socket', async () => {
    const { socket, auth, raw, ask } = connect({ messagesPerSec: 1_000 });
    await auth();
    raw('{');
    raw(null);
    raw('{"op":"fly","id":9}');
    expect(await ask('ping')).toMatchObject({ op: 'ack' });
    expect(errorsOf(socket)).toEqual(['bad_json', 'payload_too_large', 'unknown_op']);
    for (let i = 0; i < 30; i++) raw('{');
    await sleepUntil(() => socket.closed);
    expect(socket.closedWith?.code).toBe(CLOSE.protocolError.code);
    expect(errorsOf(socket).length).toBeLessThan(25);
  });

  it('the oldest socket of an agent gives way to one too many', async () => {
    const tabs = [];
    for (let i = 0; i < 5; i++) {
      const tab = connect();
      await tab.auth();
      tabs.push(tab.socket);
    }
    expect(tabs.map(({ closedWith }) => closedWith?.code)).toEqual([
      CLOSE.superseded.code,
      CLOSE.superseded.code,
      undefined,
      undefined,
      undefined,
    ]);
    memory.tell('news');
    expect(tabs.slice(2).map((socket) => opsOf(socket).at(-1))).toEqual(['news', 'news', 'news']);
  });
});

describe('a stop', () => {
  it('asks every agent to come back, then closes them all, not at once', async () => {
    const sockets: FakeSocket[] = [];
    for (let i = 0; i < 25; i++) {
      const one = connect();
      await one.auth(`user${i}`);
      sockets.push(one.socket);
    }
    const draining = drain(hub, 200);
    for (const socket of sockets) {
      expect(socket.frames.at(-1)).toMatchObject({ op: 'server.draining' });
      expect(socket.frames.at(-1)?.data.reconnectAfterMs).toBeLessThan(200);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    const half = sockets.filter(({ closed }) => closed).length;
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(25);
    await draining;
    expect(sockets.map(({ closedWith }) => closedWith?.code)).toEqual(Array(25).fill(CLOSE.restart.code));
    expect(hub.all()).toEqual([]);
  });

  it('without anybody ends at once', async () => {
    const startedMs = performance.now();
    await drain(hub, 10_000);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
