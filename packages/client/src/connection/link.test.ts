import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildCall, buildToken } from '../../test/build-messages.ts';
import { FakeGateway, type FakeSocket } from '../../test/fake-gateway.ts';
import { passTime } from '../../test/pass-time.ts';
import type { RamalClient } from '../client.ts';
import { createClient } from '../connect.ts';
import { RamalError } from '../ramal-error.ts';
import type { GetToken } from './token-source.ts';

describe('a connection', () => {
  let gateway: FakeGateway;
  let client: RamalClient;

  beforeEach(() => {
    vi.useFakeTimers();
    gateway = new FakeGateway();
  });

  afterEach(() => {
    client.close();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  const pass = (ms = 300) => passTime(ms);
  const count = (op: string) => gateway.frames.filter((frame) => frame.op === op).length;

  const tell = (number: number) => gateway.push('call.updated', buildCall({ startedAt: number }));

  /** Every call event, by its number. */
  function hearCalls(): number[] {
    const heard: number[] = [];
    client.on('call.updated', ({ call }) => heard.push(call.startedAt));
    return heard;
  }

  async function open(getToken: GetToken = () => buildToken()): Promise<void> {
    client = createClient({
      url: 'wss://ramal.example',
      WebSocket: gateway.WebSocket,
      getToken,
      tabs: false,
    });
    await pass();
  }

  it.each([
    [4002, 'failed', 'auth_failed'],
    [4010, 'failed', 'tenant_disabled'],
    [1000, 'disconnected', 'logged_out'],
  ])('closed with %i never comes back by itself', async (code, state, reason) => {
    await open();
    gateway.cut(code);
    await pass(120_000);
    expect(client.status).toMatchObject({ state, reason });
    expect(count('auth')).toBe(1);
    client.connect();
    await pass(2_000);
    expect(client.status.state).toBe('connected');
  });

  it.each([1006, 1012, 1013, 4001, 4003, 4004, 4008, 4009])(
    'closed with %i comes back and resumes',
    async (code) => {
      await open();
      gateway.push('cti.status', { enabled: true, state: 'ok' });
      await pass();
      gateway.cut(code);
      await pass(40_000);
      expect(client.status.state).toBe('connected');
      expect(gateway.frames.findLast(({ op }) => op === 'auth')?.data['resume']).toEqual({
        epoch: 'epoch-1',
        seq: 1,
      });
    },
  );

  it('I5 hears what happens at the moment it comes back after what it had missed', async () => {
    await open();
    const heard = hearCalls();
    gateway.cut();
    tell(1);
    tell(2);
    while (gateway.ready.length === 0) await pass(1);
    tell(3);
    await pass();
    expect(heard).toEqual([1, 2, 3]);
  });

  it('I5 takes nothing before it is greeted, and comes back for it', async () => {
    await open();
    const heard = hearCalls();
    gateway.cut();
    tell(1);
    tell(2);
    gateway.isMute = true;
    while (count('auth') < 2) await pass(1);
    const [early] = gateway.sockets;
    early?.receive({ op: 'call.updated', seq: 2, ts: 0, data: buildCall({ startedAt: 2 }) });
    gateway.isMute = false;
    await pass(3_000);
    expect(gateway.sockets.has(early as FakeSocket)).toBe(false);
    expect(heard).toEqual([1, 2]);
  });

  it('I5 does not go on from events in the wrong order: all that stands is told as a loss', async () => {
    await open();
    const heard = hearCalls();
    const resyncs: number[] = [];
    client.on('resync', ({ calls }) => resyncs.push(calls));
    const [socket] = gateway.ready;
    socket?.receive({ op: 'call.updated', seq: 2, ts: 0, data: buildCall({ startedAt: 2 }) });
    socket?.receive({ op: 'call.updated', seq: 1, ts: 0, data: buildCall({ startedAt: 1 }) });
    gateway.calls = [buildCall({ callId: 'call-2' })];
    for (const number of [1, 2]) gateway.keep('call.updated', buildCall({ startedAt: number }));
    await pass(3_000);
    expect(gateway.sockets.has(socket as FakeSocket)).toBe(false);
    expect(client.status.state).toBe('connected');
    expect([heard, resyncs]).toEqual([[2], [1]]);
    expect(client.calls.list.map(({ callId }) => callId)).toEqual(['call-2']);
    tell(3);
    await pass();
    expect(heard).toEqual([2, 3]);
  });

  it('I5 takes the answer to sync in its place among the events, also where they come at once', async () => {
    await open();
    gateway.isMute = true;
    const synced = client.sync();
    while (count('sync') === 0) await pass(1);
    const resume = { epoch: gateway.epoch, seq: 0, status: 'fresh' };
    const replyTo = gateway.frames.findLast(({ op }) => op === 'sync')?.id;
    const [socket] = gateway.ready;
    socket?.receive(
      { op: 'ack', replyTo, data: { calls: [buildCall()], popups: [], claimed: [], resume } },
      { op: 'call.ended', seq: 1, ts: 0, data: buildCall({ state: 'ended' }) },
    );
    await Promise.all([synced, pass()]);
    expect(client.calls.list).toEqual([]);
  });

  it.each([4008, 4009])('closed with %i holds off for 5 s, even when the page is looked at', async (code) => {
    await open();
    gateway.cut(code);
    await pass(100);
    client.connect();
    await pass(4_500);
    expect(count('auth')).toBe(1);
    await pass(5_000);
    expect(count('auth')).toBe(2);
  });

  it('gives a connection up whose ping nobody answers', async () => {
    await open();
    gateway.isMute = true;
    await pass(25_000);
    expect(client.status.state).toBe('connected');
    await pass(5_100);
    expect(client.status).toMatchObject({ reason: 'silent' });
    gateway.isMute = false;
    await pass(15_000);
    expect(client.status.state).toBe('connected');
  });

  it('gives it up also where pings are sent more often than their answers may take', async () => {
    gateway.heartbeatMs = 300;
    await open();
    gateway.isMute = true;
    await pass(5_700);
    expect(client.status).toMatchObject({ reason: 'silent' });
  });

  it('moves when the server drains, after the time that it was given', async () => {
    await open();
    gateway.tell('server.draining', { reconnectAfterMs: 700 });
    await pass(600);
    expect(count('auth')).toBe(1);
    await pass(200);
    expect([count('auth'), gateway.sockets.size]).toEqual([2, 1]);
  });

  it('asks for a token a minute before the old one ends, and refreshes on the same socket', async () => {
    const reasons: string[] = [];
    await open(({ reason }) => {
      reasons.push(reason);
      return buildToken('ana', 600_000);
    });
    await pass(539_000);
    expect(reasons).toEqual(['connect']);
    await pass(1_500);
    expect([reasons, count('auth.refresh'), count('auth')]).toEqual([['connect', 'refresh'], 1, 1]);
  });

  it('uses the same token again after a loss, and a new one after the gateway said that it ended', async () => {
    const reasons: string[] = [];
    await open(({ reason }) => {
      reasons.push(reason);
      return buildToken();
    });
    gateway.cut(1006);
    await pass(2_000);
    expect(reasons).toEqual(['connect']);
    gateway.cut(4003);
    await pass(2_000);
    expect(reasons).toEqual(['connect', 'expired']);
  });

  it('asks again for a token that could not be had, and gives up where there is none for this person', async () => {
    let fails: Error | null = new Error('the CRM is away');
    await open(() => {
      if (fails !== null) throw fails;
      return buildToken();
    });
    await pass(5_000);
    expect(client.status).toMatchObject({ state: 'disconnected', reason: 'token_missing' });
    fails = null;
    await pass(31_000);
    expect(client.status.state).toBe('connected');
    fails = new RamalError({ code: 'token_denied', message: 'signed out', retryable: false });
    gateway.cut(4003);
    await pass(2_000);
    expect(client.status).toMatchObject({ state: 'failed', reason: 'token_denied' });
  });

  it('I6 fails when the page signs somebody else in, and shows nobody the calls of another', async () => {
    let user = 'ana';
    await open(() => buildToken(user));
    user = 'bruno';
    gateway.cut(4003);
    await pass(5_000);
    expect(client.status).toMatchObject({ state: 'failed', reason: 'agent_changed' });
    expect(gateway.sockets.size).toBe(0);
  });

  it('backs off while nobody answers, and is back at once when a page is looked at again', async () => {
    // The longest pauses, so that no attempt happens to fall in the last second.
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    await open();
    gateway.refuseWith = 1006;
    gateway.cut();
    await pass(120_000);
    const attempts = count('auth');
    expect(attempts).toBeGreaterThan(4);
    expect(attempts).toBeLessThan(60);
    gateway.refuseWith = null;
    client.connect();
    await pass(100);
    expect(client.status.state).toBe('connected');
  });
});
