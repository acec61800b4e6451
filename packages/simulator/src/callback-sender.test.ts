import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SimulatorAccount } from './account.ts';
import type { BehaviourPatch } from './behaviour.ts';
import { createSimulator, type Simulator } from './simulator.ts';

interface Received {
  method: string | undefined;
  path: string;
  event: string | undefined;
  query: Record<string, string>;
  contentType: string | undefined;
  body: string;
}

let received: Received[] = [];
/** Statuses for the next requests; 0 cuts the connection. After them everything is 200. */
let replies: number[] = [];
let server: Server;
let webhookUrl = '';
let simulator: Simulator | undefined;
let simulatorUrl = '';

async function toReceived(request: IncomingMessage): Promise<Received> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
  return {
    method: request.method,
    path: pathname,
    event: pathname.split('/').at(-1),
    query: Object.fromEntries(searchParams),
    contentType: request.headers['content-type'],
    body,
  };
}

beforeEach(async () => {
  received = [];
  replies = [];
  server = createServer((request, response) => {
    void toReceived(request).then((one) => {
      received.push(one);
      const status = replies.shift() ?? 200;
      if (status === 0) request.socket.destroy();
      else response.writeHead(status).end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  webhookUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await simulator?.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

type CallbackInput = NonNullable<SimulatorAccount['callback']>;

async function start(
  behaviour: BehaviourPatch = {},
  callback: Partial<CallbackInput> = {},
): Promise<Simulator> {
  const account = { name: 'a', auth: 0 as const, callback: { token: 't/1', ...callback } };
  simulator = createSimulator({
    accounts: [account],
    webhookUrl: `${webhookUrl}/`,
    behaviour: { ringMs: 20, talkMs: 20, ...behaviour },
    retryDelaysMs: [10, 20, 40, 80, 160],
    attemptTimeoutMs: 500,
  });
  simulatorUrl = (await simulator.start()).url;
  return simulator;
}

async function dial(): Promise<string> {
  const reply = await fetch(`${simulatorUrl}/api/clicktodial?origem=3501&destino=%2B554732100123`);
  expect(reply.status).toBe(200);
  return simulator?.originates().at(-1)?.callId ?? '';
}

const events = () => received.map(({ event }) => event);

test('an answered call tells answered, then ended with status, duration and a recording that exists', async () => {
  await start();
  const id = await dial();
  await expect.poll(events).toEqual(['answered', 'ended']);
  const numbers = { origem: '3501', destino: '+554732100123', id };
  expect(received[0]).toMatchObject({ method: 'GET', path: '/v1/cti/t%2F1/answered', query: numbers });
  const audio = `${simulatorUrl}/recordings/${id}.wav`;
  expect(received[1]?.query).toEqual({ ...numbers, status: 'ANSWERED', duracao: '1', audio });
  expect((await fetch(audio)).status).toBe(200);
});

test.each([
  ['busy', 'BUSY'],
  ['no_answer', 'NO ANSWER'],
] as const)('a call that ends %s has no answer and no recording', async (outcome, status) => {
  await start({ outcome });
  await dial();
  await expect.poll(events).toEqual(['ended']);
  expect(received[0]?.query).toMatchObject({ status, duracao: '0' });
  expect(received[0]?.query).not.toHaveProperty('audio');
});

test('R45 an incoming call tells incoming, answered, ended, from the caller to the extension', async () => {
  const { id } = (await start()).placeIncoming({ account: 'a', from: '4799990000', to: '3501' });
  await expect.poll(events).toEqual(['incoming', 'answered', 'ended']);
  expect(received.map(({ query }) => [query.origem, query.destino, query.id])).toEqual(
    Array(3).fill(['4799990000', '3501', id]),
  );
});

test('an incoming call may have its own outcome', async () => {
  const running = await start();
  running.placeIncoming({ account: 'a', from: '', to: '3501', outcome: 'no_answer', ringMs: 0 });
  await expect.poll(events).toEqual(['incoming', 'ended']);
  expect(() => running.placeIncoming({ account: 'x', from: '1', to: '2' })).toThrow(
    'no account is named "x"',
  );
});

test('ended_first tells ended before answered', async () => {
  await start({ order: 'ended_first', ringMs: 0, talkMs: 0 });
  await dial();
  await expect.poll(events).toEqual(['ended', 'answered']);
});

test('callbacks keep their order even when a call takes no time', async () => {
  await start({ ringMs: 0, talkMs: 0 });
  simulator?.placeIncoming({ account: 'a', from: '1', to: '2' });
  await expect.poll(events).toEqual(['incoming', 'answered', 'ended']);
});

test('duplicateCallbacks sends that many copies more', async () => {
  await start({ duplicateCallbacks: 2 });
  await dial();
  await expect.poll(events).toEqual([...Array(3).fill('answered'), ...Array(3).fill('ended')]);
  expect(new Set(received.filter(({ event }) => event === 'ended').map(({ query }) => query.id)).size).toBe(
    1,
  );
  expect(simulator?.callbacks().map(({ copy }) => copy)).toEqual([1, 2, 3, 1, 2, 3]);
});

test('a form carries the variables under the names of the account', async () => {
  await start(
    {},
    { method: 'POST', bodyKind: 'form', names: { origin: 'src', destination: 'dst', duration: 'billsec' } },
  );
  await dial();
  await expect.poll(events).toEqual(['answered', 'ended']);
  expect(received[1]).toMatchObject({
    method: 'POST',
    query: {},
    contentType: 'application/x-www-form-urlencoded',
  });
  const body = Object.fromEntries(new URLSearchParams(received[1]?.body));
  expect(body).toMatchObject({ src: '3501', dst: '+554732100123', billsec: '1' });
});

test('JSON carries the duration as a number, and no id where the account sends none', async () => {
  await start({}, { method: 'POST', bodyKind: 'json', sendId: false });
  await dial();
  await expect.poll(events).toEqual(['answered', 'ended']);
  expect(received[1]?.contentType).toBe('application/json');
  const body: unknown = JSON.parse(received[1]?.body ?? '');
  expect(body).toMatchObject({ origem: '3501', duracao: 1 });
  expect(body).not.toHaveProperty('id');
});

test('R46 without sendIds no id is told anywhere', async () => {
  await start({ sendIds: false });
  const reply = await fetch(`${simulatorUrl}/api/clicktodial?origem=1&destino=2`);
  expect(await reply.json()).toEqual({ status: 'ok' });
  await expect.poll(events).toEqual(['answered', 'ended']);
  expect(received[0]?.query).not.toHaveProperty('id');
});

test('R46 a recording may come later or never', async () => {
  const running = await start({ recording: 'later', recordingDelayMs: 10 });
  const id = await dial();
  await expect.poll(events).toEqual(['answered', 'ended', 'recording']);
  expect(received[1]?.query).not.toHaveProperty('audio');
  expect(received[2]?.query.audio).toBe(`${simulatorUrl}/recordings/${id}.wav`);

  received = [];
  running.behave({ recording: 'never' });
  await dial();
  await expect.poll(events).toEqual(['answered', 'ended']);
  expect(received[1]?.query).not.toHaveProperty('audio');
});

test('5xx and cut connections are retried, and each attempt is recorded', async () => {
  replies = [503, 0];
  const running = await start({ outcome: 'busy' });
  await dial();
  await expect.poll(() => running.callbacks().at(-1)?.status).toBe(200);
  expect(running.callbacks()).toMatchObject([
    { seq: 1, attempt: 1, status: 503, error: null },
    { seq: 2, attempt: 2, status: null, error: expect.any(String) },
    { seq: 3, attempt: 3, status: 200, error: null },
  ]);
});

test('after five retries a callback is given up', async () => {
  replies = Array(20).fill(500);
  const running = await start({ outcome: 'busy' });
  await dial();
  await expect.poll(() => running.callbacks().filter(({ status }) => status === 500).length).toBe(6);
  // A later call's first attempt comes next: nothing of the first one is left.
  await dial();
  await expect.poll(() => running.callbacks().length).toBeGreaterThan(6);
  expect(running.callbacks()[6]).toMatchObject({ attempt: 1, callId: running.calls()[1]?.id });
});

test('4xx and redirects are final', async () => {
  replies = [429, 302];
  const running = await start();
  await dial();
  await expect.poll(() => running.callbacks().map(({ status }) => status)).toEqual([429, 302]);
  expect(received).toHaveLength(2);
});

test('no callbacks go out when they are off or have nowhere to go', async () => {
  const running = await start({ callbacks: false, ringMs: 0, talkMs: 0 });
  await dial();
  running.behave({ callbacks: true });
  running.pointTo(null);
  await dial();
  await expect.poll(() => running.calls().map(({ state }) => state)).toEqual(['ended', 'ended']);
  running.pointTo(webhookUrl);
  const last = await dial();
  await expect.poll(events).toEqual(['answered', 'ended']);
  expect(received[0]?.query.id).toBe(last);
});

test('clear forgets what is over and keeps calls under way', async () => {
  const running = await start({ ringMs: 0, talkMs: 0 });
  await dial();
  await expect.poll(events).toEqual(['answered', 'ended']);
  running.behave({ ringMs: 60_000 });
  const id = await dial();
  running.clear();
  expect(running.originates()).toEqual([]);
  expect(running.callbacks()).toEqual([]);
  expect(running.calls()).toMatchObject([{ id, state: 'ringing' }]);
});
