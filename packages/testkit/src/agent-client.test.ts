import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { connectAgent } from './agent-client.ts';

/** A peer that speaks just enough of the protocol to see what the client makes of it. */
let server: WebSocketServer;
let gatewayUrl = '';
let onFrame: (socket: WebSocket, frame: { op: string; id: string; data: unknown }) => void;

const ready = {
  op: 'ready',
  ts: 1,
  data: {
    agent: { tenant: 'demo', user: 'ana', ramal: '3501' },
    cti: { enabled: true, state: 'ok' },
    calls: [],
    popups: [],
    resume: { epoch: 'e1', seq: 4, status: 'fresh' },
    heartbeatMs: 20_000,
  },
};
const dialEvent = (op: string, seq: number) => ({
  op,
  seq,
  ts: 2,
  data: { intentId: '0190a000-0000-7000-8000-000000000001', callId: '0190a000-0000-7000-8000-000000000002' },
});
const send = (socket: WebSocket, message: unknown) => socket.send(JSON.stringify(message));

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/v1/agent' });
  await once(server, 'listening');
  gatewayUrl = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onFrame = (socket, frame) => {
    if (frame.op === 'auth') send(socket, ready);
  };
  server.on('connection', (socket) => {
    socket.on('message', (data) => onFrame(socket, JSON.parse((data as Buffer).toString('utf8'))));
  });
});
afterEach(() => {
  for (const socket of server.clients) socket.terminate();
  server.close();
});

test('the client authenticates, waits for ready and knows where it could resume', async () => {
  const agent = await connectAgent({ gatewayUrl, token: 't' });
  expect(agent.ready.agent.user).toBe('ana');
  expect(agent.resumeAt).toEqual({ epoch: 'e1', seq: 4 });
  await agent.close();
  expect((await agent.closed).code).toBe(1000);
});

test('waitFor finds past events, and each event only once', async () => {
  onFrame = (socket, frame) => {
    if (frame.op !== 'auth') return;
    send(socket, ready);
    send(socket, dialEvent('dial.queued', 5));
    send(socket, dialEvent('dial.accepted', 6));
    send(socket, dialEvent('dial.queued', 7));
  };
  const agent = await connectAgent({ gatewayUrl, token: 't' });
  expect((await agent.waitFor('dial.accepted')).seq).toBe(6);
  expect((await agent.waitFor('dial.queued')).seq).toBe(5);
  expect((await agent.waitFor('dial.queued')).seq).toBe(7);
  await expect(agent.waitFor('dial.queued', { timeoutMs: 20 })).rejects.toThrow(
    'so far: dial.queued, dial.accepted',
  );
  expect(agent.resumeAt).toEqual({ epoch: 'e1', seq: 7 });
});

test('a request resolves with its own ack, or throws the error code it was answered', async () => {
  onFrame = (socket, { op, id }) => {
    if (op === 'auth') send(socket, ready);
    if (op === 'ping') send(socket, { op: 'ack', replyTo: id, data: { pong: true } });
    if (op === 'dial')
      send(socket, {
        op: 'error',
        replyTo: id,
        data: { code: 'cti_disabled', message: 'no', retryable: false },
      });
  };
  const agent = await connectAgent({ gatewayUrl, token: 't' });
  const [pong, dial] = await Promise.allSettled([agent.request('ping'), agent.request('dial', {})]);
  expect(pong).toMatchObject({ value: { pong: true } });
  expect(dial).toMatchObject({ reason: { name: 'WireError', code: 'cti_disabled' } });
});

test('a refused authentication is an error that tells the close code', async () => {
  onFrame = (socket) => socket.close(4002, 'auth failed');
  await expect(connectAgent({ gatewayUrl, token: 't' })).rejects.toMatchObject({ closeCode: 4002 });
});

test('an event that breaks the contract fails the next wait', async () => {
  onFrame = (socket, { op }) => {
    if (op === 'auth') send(socket, ready);
    if (op === 'ping') send(socket, { op: 'popup.show', seq: 1, ts: 1, data: { kind: 'surprise' } });
  };
  const agent = await connectAgent({ gatewayUrl, token: 't' });
  await expect(agent.request('ping')).rejects.toThrow('broke the contract');
  await expect(agent.waitFor('popup.show')).rejects.toThrow('broke the contract');
});
