import { CLOSE } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import { sleepUntil } from '@ramal/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
});

describe('requests', () => {
  it('are acknowledged or refused under their own id, in the agent’s name', async () => {
    const { auth, ask } = gateway.connect();
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
    expect(gateway.asked).toEqual([
      'ana dial 4732100123',
      'ana cancel i1',
      'ana popup.seen',
      'ana popup.dismissed',
    ]);
  });

  it('are answered in their order, each after the one before', async () => {
    let finish: (() => void) | undefined;
    gateway.onDial = () =>
      new Promise((resolve) => {
        finish = () => resolve({});
      });
    const { socket, auth, raw } = gateway.connect();
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
    gateway.onDial = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:6379'));
    const { socket, auth, ask } = gateway.connect();
    await auth();
    const refused = await ask('dial', { intentId: 'i', to: '190' });
    expect(refused).toMatchObject({ op: 'error', data: { code: 'unavailable', retryable: true } });
    expect(JSON.stringify(socket.frames)).not.toContain('10.0.0.7');
    expect(events.noted).toContain('requestFailed');
    expect(await ask('ping')).toMatchObject({ op: 'ack' });
  });

  it('R42 a dial of a company switched off meanwhile ends the socket for good', async () => {
    gateway.onDial = () => Promise.reject(new WireError('tenant_disabled', 'this company is not active'));
    const { socket, auth, ask } = gateway.connect();
    await auth();
    await ask('dial', { intentId: 'i', to: '190' });
    await sleepUntil(() => socket.closed);
    expect(socket.closedWith?.code).toBe(CLOSE.tenantDisabled.code);
  });

  it('sync brings the state again', async () => {
    const { auth, ask } = gateway.connect();
    await auth();
    memory.tell('one');
    expect(await ask('sync')).toMatchObject({ op: 'ack', data: { resume: { seq: 1, status: 'fresh' } } });
  });

  it('a failed sync is refused, and events go on', async () => {
    const { socket, auth, ask } = gateway.connect();
    await auth();
    memory.failReads(1);
    expect(await ask('sync')).toMatchObject({ op: 'error', data: { code: 'unavailable' } });
    memory.tell('one');
    expect(opsOf(socket).at(-1)).toBe('one');
  });

  it('R44 logging out counts at once, and closes the socket', async () => {
    const { socket, auth, ask } = gateway.connect();
    await auth();
    expect(await ask('logout')).toMatchObject({ op: 'ack' });
    await sleepUntil(() => socket.closed);
    expect(socket.closedWith?.code).toBe(CLOSE.normal.code);
    expect([gateway.present.size, hub.all().length]).toEqual([0, 0]);
  });

  it('a socket that just goes has not logged out: the agent may be reconnecting', async () => {
    const { socket, auth } = gateway.connect();
    await auth();
    socket.close(1006, 'gone');
    expect([gateway.present.has('ana'), hub.all().length]).toEqual([true, 0]);
    expect(gateway.told).toEqual(['join s1 null true', 'leave s1']);
  });

  it('R44 a socket that logged out is not taken for one that broke', async () => {
    const { auth, ask, socket } = gateway.connect();
    await auth();
    await ask('logout');
    await sleepUntil(() => socket.closed);
    expect(gateway.told).toEqual(['join s1 null true', 'logOut s1']);
  });

  it('R44 a logout that could not be written down is refused, and may be tried again', async () => {
    const { auth, ask, socket } = gateway.connect();
    await auth();
    gateway.presenceFails = true;
    expect(await ask('logout')).toMatchObject({ op: 'error', data: { code: 'unavailable' } });
    gateway.presenceFails = false;
    expect(await ask('logout')).toMatchObject({ op: 'ack' });
    await sleepUntil(() => socket.closed);
    expect(gateway.present.size).toBe(0);
  });

  it('a tab says its name and when a person looks at it', async () => {
    const { auth, ask } = gateway.connect();
    await auth('ana', { tab: 'tab-1', focused: false });
    expect(await ask('focus')).toMatchObject({ op: 'ack', data: {} });
    expect(gateway.told).toEqual(['join s1 tab-1 false', 'focus s1']);
  });

  it.each(['', 'a b', 'a'.repeat(65), 'ação', 'a:b', '~'])('a tab can’t be called %j', async (tab) => {
    const { raw, socket } = gateway.connect();
    raw(JSON.stringify({ op: 'auth', id: 1, data: { token: 'ana', tab } }));
    await sleepUntil(() => socket.closed);
    expect(errorsOf(socket)).toEqual(['bad_frame']);
    expect(gateway.told).toEqual([]);
  });
});
