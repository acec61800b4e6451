import type { AgentFeed, AgentInbox, FeedMessage } from '@ramal/bus';
import { CLOSE } from '@ramal/contracts';
import { AgentTokenInvalidError, WireError } from '@ramal/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { admitSocket } from '../test/admit-socket.ts';
import { toVerified } from '../test/verified-agent.ts';
import { createAgentHub } from './agent-hub.ts';
import { type ConnectionDeps, openConnection } from './connection.ts';
import type { Events } from './events.ts';
import type { AgentSocket, SocketHandlers } from './uws-server.ts';

const AUTH_TIMEOUT_MS = 200;
const LOGIN = {
  action: 'login',
  auth: { login: 'ana', passwd: 'right' },
  params: { tenant: 'demo', ramal: '3501' },
};

type Message = Record<string, unknown> & { params: Record<string, unknown> };

/** A socket in memory that keeps what it was sent. */
interface TestSocket extends AgentSocket {
  onMessage(text: string | null): void;
  sent: Message[];
  closedWith: number | null;
  /** Sends a message and waits until it was answered. */
  ask(message: object): Promise<Message>;
}

let system: ReturnType<typeof createSystem>;
const open: TestSocket[] = [];
beforeEach(() => {
  system = createSystem();
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.close(1000, '');
});

/** The hub is the real one; the inbox and its feed are in memory, and bob is everybody's colleague. */
function createSystem() {
  const handlers = new Map<string, (messages: readonly FeedMessage[]) => void>();
  const present = new Set<string>();
  const seqs = new Map<string, number>();
  const dialled: unknown[] = [];
  const noticed: string[] = [];
  const toKey = (tenant: string, user: string) => `${tenant}/${user}`;
  const feed: AgentFeed = {
    subscribe: async (tenant, user, onMessages) => void handlers.set(toKey(tenant, user), onMessages),
    unsubscribe: async (tenant, user) => void handlers.delete(toKey(tenant, user)),
    onReconnected: () => undefined,
    resubscribe: async () => undefined,
  };
  const inbox: AgentInbox = {
    read: async (tenant, user) => {
      const seq = seqs.get(toKey(tenant, user)) ?? 0;
      return { epoch: 'e', seq, entries: [], complete: true, popups: [], claims: new Map(), nowMs: 0 };
    },
    openCalls: async () => [],
    findPopup: async () => null,
  };
  const presence: ConnectionDeps['presence'] = {
    join: async ({ tenant, user }) => {
      present.add(toKey(tenant, user));
      return { tenant, user, socket: `socket of ${user}`, tab: null, sinceMs: 0, focusedMs: 0 };
    },
    focus: async () => undefined,
    logOut: async ({ tenant, user }) => void present.delete(toKey(tenant, user)),
    leave: () => undefined,
  };
  const notice = (name: string) => () => void noticed.push(name);
  const events = new Proxy({} as Events, { get: (_, name) => notice(String(name)) });
  const deps: ConnectionDeps = {
    hub: createAgentHub(feed, events),
    inbox,
    presence,
    requests: {
      dial: async (agent, data) => {
        if (data.to === '911') throw new WireError('cti_disabled', 'switched off');
        dialled.push({ agent, data });
        return { intentId: data.intentId, callId: 'c' };
      },
      cancelDial: async () => ({}),
      react: async () => ({}),
      tenantState: async (tenant) => ({ active: tenant !== 'off', cti: { enabled: true, state: 'ok' } }),
    },
    link: { cutOff: () => false },
    events,
    verify: async (token) => {
      if (token !== 'right') throw new AgentTokenInvalidError('not valid', false);
      return toVerified({ tenant: 'demo', user: 'ana', ramal: '3501' });
    },
    requireStanding: () => undefined,
    login: async ({ tenant, user, passwd, ramal }) => {
      if (passwd === 'often') throw new WireError('rate_limited', 'too many failed logins');
      if (passwd === 'old') throw new AgentTokenInvalidError('has run out', true);
      if (passwd === 'away') throw new Error('no database');
      if (passwd !== 'right') throw new WireError('auth_failed', 'wrong password');
      if (ramal === '3502' && user !== 'bob') throw new WireError('forbidden', 'not your extension');
      return toVerified({ tenant, user, ramal: ramal ?? null });
    },
    authTimeoutMs: AUTH_TIMEOUT_MS,
    heartbeatMs: 25_000,
    maxSocketsPerAgent: 20,
    messagesPerSec: 1000,
    bytesPerSec: 0,
    maxFrameBytes: 16 * 1024,
  };
  return {
    deps,
    dialled,
    present,
    listening: handlers,
    /** Puts an event into an agent's inbox. */
    tell(user: string, op: string, data: object, claim?: string) {
      const key = toKey('demo', user);
      const seq = (seqs.get(key) ?? 0) + 1;
      seqs.set(key, seq);
      const entry = { epoch: 'e', seq, body: JSON.stringify({ op, ts: 1, data }) };
      handlers.get(key)?.([claim === undefined ? entry : { ...entry, claim }]);
    },
  };
}

function connect(): TestSocket {
  const opened: { handlers?: SocketHandlers } = {};
  const socket: TestSocket = {
    id: open.length + 1,
    sent: [],
    closedWith: null,
    get closed() {
      return socket.closedWith !== null;
    },
    send: (frame) => void socket.sent.push(JSON.parse(frame) as Message),
    together: (work) => work(),
    close(code) {
      if (socket.closedWith !== null) return;
      socket.closedWith = code;
      opened.handlers?.onClose(code);
    },
    onMessage: (text) => opened.handlers?.onMessage(text, text?.length ?? 0),
    async ask(message) {
      const answers = socket.sent.length;
      socket.onMessage(JSON.stringify(message));
      return vi.waitFor(() => {
        const answer = socket.sent[answers];
        if (answer === undefined) throw new Error('no answer yet');
        return answer;
      });
    },
  };
  opened.handlers = openConnection(socket, system.deps, admitSocket());
  open.push(socket);
  return socket;
}

const closing = (socket: TestSocket) => vi.waitFor(() => expect(socket.closedWith).not.toBeNull());

describe('R47 a legacy socket', () => {
  it('R46 hears with each pop-up whether it is the one to bring it to the front', async () => {
    const socket = connect();
    await socket.ask(LOGIN);
    const popup = { popupId: 'p', kind: 'incoming' };
    system.tell('ana', 'popup.show', popup, 'socket of ana');
    system.tell('ana', 'popup.show', popup, 'another');
    expect(socket.sent.slice(1)).toMatchObject([
      { action: 'popup_incoming', seq: 1, claimed: true, params: popup },
      { action: 'popup_incoming', seq: 2, claimed: false, params: popup },
    ]);
    expect(await socket.ask({ action: 'focus', params: { any: 1 } })).toMatchObject({ action: 'ack' });
  });

  it('is bound by login, dials, is shown the three pop-ups, and is unbound by logout', async () => {
    const socket = connect();
    expect(await socket.ask(LOGIN)).toMatchObject({
      action: 'logged_in',
      reply_to: 'login',
      params: {
        agent: { tenant: 'demo', user: 'ana', ramal: '3501' },
        cti: { enabled: true },
        calls: [],
        popups: [],
        resume: { status: 'fresh' },
        heartbeatMs: 25_000,
      },
    });
    expect(system.present).toEqual(new Set(['demo/ana']));
    expect(await socket.ask({ action: 'dial', id: 1, params: { to: '(47) 3210-0123' } })).toMatchObject({
      action: 'ack',
      reply_to: 'dial',
      id: 1,
      params: { callId: 'c' },
    });
    expect(system.dialled).toMatchObject([{ agent: { ramal: '3501' }, data: { to: '4732100123' } }]);
    for (const kind of ['start', 'incoming', 'end']) system.tell('ana', 'popup.show', { kind });
    expect(socket.sent.slice(-3).map(({ action, seq }) => [action, seq])).toEqual([
      ['popup_start', 1],
      ['popup_incoming', 2],
      ['popup_end', 3],
    ]);
    expect(await socket.ask({ action: 'logout' })).toMatchObject({ action: 'ack', reply_to: 'logout' });
    expect(system.present.size).toBe(0);
    expect(system.listening.size).toBe(0);
  });

  it('hears nothing of the user who logged out, and may be bound to another', async () => {
    const socket = connect();
    await socket.ask(LOGIN);
    await socket.ask({ action: 'logout' });
    expect(socket.closed).toBe(false);
    system.tell('ana', 'popup.show', { kind: 'incoming' });
    const bob = {
      ...LOGIN,
      auth: { login: 'bob', passwd: 'right' },
      params: { tenant: 'demo', ramal: '3502' },
    };
    expect(await socket.ask(bob)).toMatchObject({ action: 'logged_in', params: { agent: { user: 'bob' } } });
    system.tell('ana', 'popup.show', { kind: 'end' });
    system.tell('bob', 'popup.show', { kind: 'start' });
    expect(socket.sent.slice(2).map(({ action }) => action)).toEqual(['logged_in', 'popup_start']);
  });

  it('that stays unbound is closed, as one that never logged in', async () => {
    const [left, never] = [connect(), connect()];
    await left.ask(LOGIN);
    await left.ask({ action: 'logout' });
    await vi.waitFor(() => expect([left.closedWith, never.closedWith]).toEqual([4001, 4001]));
  });

  it.each([
    ['a wrong password', { auth: { login: 'ana', passwd: 'wrong' } }, 'auth_failed', CLOSE.authFailed],
    ['a colleague’s extension', { params: { tenant: 'demo', ramal: '3502' } }, 'forbidden', CLOSE.authFailed],
    ['a company switched off', { params: { tenant: 'off' } }, 'tenant_disabled', CLOSE.tenantDisabled],
    ['too many failures', { auth: { login: 'ana', passwd: 'often' } }, 'rate_limited', CLOSE.rateLimited],
    ['an expired token', { auth: { login: 'ana', passwd: 'old' } }, 'auth_failed', CLOSE.tokenExpired],
    ['the directory away', { auth: { login: 'ana', passwd: 'away' } }, 'unavailable', CLOSE.tryLater],
  ])('with %s is told why, and closed', async (_what, change, code, close) => {
    const socket = connect();
    expect(await socket.ask({ ...LOGIN, ...change })).toMatchObject({
      action: 'error',
      reply_to: 'login',
      params: { code, retryable: expect.any(Boolean) },
    });
    await closing(socket);
    expect(socket.closedWith).toBe(close.code);
    expect(system.present.size).toBe(0);
  });

  it.each([
    ['a dial', { action: 'dial', params: { to: '190' } }, 'auth_required'],
    ['an unknown action', { action: 'hack' }, 'unknown_op'],
    ['a login without a password', { ...LOGIN, auth: { login: 'ana' } }, 'bad_frame'],
  ])('that begins with %s is closed with 4004', async (_what, message, code) => {
    const socket = connect();
    expect(await socket.ask(message)).toMatchObject({ action: 'error', params: { code } });
    await closing(socket);
    expect(socket.closedWith).toBe(4004);
  });

  it('is told in its own words what went wrong later, and lives on', async () => {
    const socket = connect();
    await socket.ask(LOGIN);
    expect(await socket.ask({ action: 'dial', params: { to: '911' } })).toMatchObject({
      action: 'error',
      reply_to: 'dial',
      params: { code: 'cti_disabled' },
    });
    expect(await socket.ask({ op: 'ping', id: 1 })).toMatchObject({
      action: 'error',
      params: { code: 'bad_frame' },
    });
    expect(await socket.ask(LOGIN)).toMatchObject({ action: 'error', reply_to: 'login' });
    socket.onMessage('{');
    socket.onMessage(null);
    expect(await socket.ask({ action: 'ping' })).toMatchObject({ action: 'error' });
    await vi.waitFor(() => expect(socket.sent.at(-1)).toMatchObject({ action: 'ack', reply_to: 'ping' }));
    expect(socket.closed).toBe(false);
  });
});

describe('R47 both dialects of one agent', () => {
  it('are told the same, each in its own words', async () => {
    const [legacy, modern] = [connect(), connect()];
    await legacy.ask(LOGIN);
    expect(await modern.ask({ op: 'auth', id: 1, data: { token: 'right' } })).toMatchObject({ op: 'ready' });
    const data = { kind: 'incoming', peer: { raw: '4732100123' } };
    system.tell('ana', 'popup.show', data);
    expect(modern.sent.at(-1)).toEqual({ seq: 1, op: 'popup.show', ts: 1, data });
    expect(legacy.sent.at(-1)).toEqual({ seq: 1, action: 'popup_incoming', ts: 1, params: data });
  });

  it('ramal.v1 does not know login, and closes at logout', async () => {
    const socket = connect();
    await socket.ask({ op: 'auth', id: 1, data: { token: 'right' } });
    expect(await socket.ask(LOGIN)).toMatchObject({ op: 'error', data: { code: 'unknown_op' } });
    await socket.ask({ op: 'logout', id: 2 });
    await closing(socket);
    expect(socket.closedWith).toBe(1000);
  });
});
