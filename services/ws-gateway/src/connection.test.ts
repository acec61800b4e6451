import { CLOSE } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestGateway, errorsOf, opsOf, type TestGateway } from '../test/create-test-gateway.ts';
import type { MemoryInbox } from '../test/memory-inbox.ts';
import type { NotedEvents } from '../test/noted-events.ts';
import type { AgentHub } from './agent-hub.ts';

const POPUP_ID = '6f1b1c1e-8d7a-4c55-9b1e-000000000001';
let gateway: TestGateway;
let memory: MemoryInbox;
let events: NotedEvents;
let hub: AgentHub;
beforeEach(() => {
  gateway = createTestGateway();
  ({ memory, events, hub } = gateway);
});
afterEach(() => {
  gateway.closeAll();
  vi.useRealTimers();
});

describe('authentication', () => {
  it('a good token makes the agent ready, present and subscribed', async () => {
    memory.tell('one');
    const { socket, auth } = gateway.connect();
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
    expect(gateway.present.has('ana')).toBe(true);
    memory.tell('two');
    expect(opsOf(socket)).toEqual(['ready', 'two']);
  });

  it('I5 is told that nothing works while the gateway is cut off', async () => {
    gateway.cutOff = true;
    const { socket, auth } = gateway.connect();
    await auth();
    expect(socket.frames[0]?.data.cti).toEqual({ enabled: false, state: 'unavailable' });
    // What it was told is known to those who tell it of changes.
    expect(hub.all()[0]?.cti).toEqual({ enabled: false, state: 'unavailable' });
  });

  it('I5 resumes where the client left', async () => {
    memory.tell('one');
    memory.tell('two');
    const { socket, auth } = gateway.connect();
    await auth('ana', { resume: { epoch: 'epoch-1', seq: 1 } });
    expect(opsOf(socket)).toEqual(['ready', 'two']);
    expect(events.noted).toContain('authenticated resumed');
  });

  it.each([
    ['bad', CLOSE.authFailed.code],
    ['old', CLOSE.tokenExpired.code],
  ])('a %s token is refused with its close code', async (token, code) => {
    const { socket, auth } = gateway.connect();
    await auth(token);
    expect(errorsOf(socket)).toEqual(['auth_failed']);
    expect(socket.closedWith?.code).toBe(code);
    expect(hub.all()).toEqual([]);
  });

  it('R42 an inactive company is refused for good', async () => {
    gateway.tenantActive = false;
    const { socket, auth } = gateway.connect();
    await auth();
    expect(errorsOf(socket)).toEqual(['tenant_disabled']);
    expect(socket.closedWith?.code).toBe(CLOSE.tenantDisabled.code);
    expect(gateway.present.size).toBe(0);
  });

  it('goes on without the directory: who can’t be looked up still hears of calls', async () => {
    const failing = {
      ...gateway.requests,
      tenantState: () => Promise.reject(new Error('PostgreSQL is away')),
    };
    const { socket, auth } = gateway.connect({ requests: failing });
    await auth();
    expect(opsOf(socket)).toEqual(['ready']);
    expect(events.noted).toContain('backgroundFailed tenant directory');
  });

  it.each([
    ['the inbox', () => memory.failReads(1)],
    ['the feed', () => memory.failSubscriptions(1)],
    [
      'the presence',
      () => {
        gateway.presenceFails = true;
      },
    ],
  ])('with %s out of reach the client is asked to try later, and nothing is left behind', async (_, fail) => {
    fail();
    const { socket, auth } = gateway.connect();
    await auth();
    expect(errorsOf(socket)).toEqual(['unavailable']);
    expect(socket.closedWith?.code).toBe(CLOSE.tryLater.code);
    expect(hub.all()).toEqual([]);
    gateway.presenceFails = false;
    const second = gateway.connect();
    await second.auth();
    expect(opsOf(second.socket)).toEqual(['ready']);
  });

  it('threat 9 a socket that says nothing is closed in time', async () => {
    vi.useFakeTimers();
    const { socket } = gateway.connect();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(socket.closed).toBe(false);
    await vi.advanceTimersByTimeAsync(2);
    expect(socket.closedWith?.code).toBe(CLOSE.authTimeout.code);
  });

  it('one whose answer hangs is sent away instead of waiting for ever', async () => {
    vi.useFakeTimers();
    const hold = memory.hold();
    const { socket, raw } = gateway.connect();
    raw('{"op":"auth","id":1,"data":{"token":"ana"}}');
    await vi.advanceTimersByTimeAsync(5_001);
    expect(socket.closedWith?.code).toBe(CLOSE.tryLater.code);
    hold();
    await vi.advanceTimersByTimeAsync(10);
    expect(socket.frames).toEqual([]);
    expect(hub.all()).toEqual([]);
  });

  it('anything else first ends the connection', async () => {
    const { socket, ask } = gateway.connect();
    await ask('ping');
    expect(errorsOf(socket)).toEqual(['auth_required']);
    expect(socket.closedWith?.code).toBe(CLOSE.protocolError.code);
  });

  it.each(['{', '{"op":"auth","id":1,"data":{}}', null])('a first frame of %j ends it too', async (text) => {
    const { socket, raw } = gateway.connect();
    raw(text);
    await sleepUntil(() => socket.closed);
    expect(socket.closedWith?.code).toBe(CLOSE.protocolError.code);
    expect(socket.frames).toHaveLength(1);
  });

  it('frames sent along with auth are answered after it', async () => {
    const { socket, raw, auth } = gateway.connect();
    const authenticating = auth();
    raw('{"op":"ping","id":2}');
    raw('{"op":"popup.seen","id":3,"data":{"popupId":"' + POPUP_ID + '"}}');
    await authenticating;
    await sleepUntil(() => socket.frames.length === 3);
    expect(opsOf(socket)).toEqual(['ready', 'ack', 'ack']);
  });

  it('a socket closed while it authenticates leaves nothing behind', async () => {
    const hold = memory.hold();
    const { socket, raw } = gateway.connect();
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
    const { socket, auth } = gateway.connect();
    await auth('ana/40');
    await sleepUntil(() => socket.closed);
    expect(socket.closedWith?.code).toBe(CLOSE.tokenExpired.code);
  });

  it('can be renewed in time', async () => {
    const { socket, auth, ask } = gateway.connect();
    await auth('ana/200');
    expect(await ask('auth.refresh', { token: 'ana/60000' })).toMatchObject({ op: 'ack' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(socket.closed).toBe(false);
  });

  it.each(['bruno', 'bad', 'old'])('of %s does not renew it, and ends nothing', async (token) => {
    const { socket, auth, ask } = gateway.connect();
    await auth();
    expect(await ask('auth.refresh', { token })).toMatchObject({
      op: 'error',
      data: { code: 'auth_failed' },
    });
    expect(socket.closed).toBe(false);
    await ask('dial', { intentId: 'i', to: '190' });
    expect(gateway.asked).toEqual(['ana dial 190']);
  });

  it('that lives longer than timers do keeps the socket open', async () => {
    const { socket, auth, ask } = gateway.connect();
    await auth(`ana/${60 * 24 * 60 * 60 * 1000}`);
    await ask('ping');
    expect(socket.closed).toBe(false);
  });
});
