import { get, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSimulator, type Simulator } from './simulator.ts';

let simulator: Simulator;
let address = '';

beforeEach(async () => {
  simulator = createSimulator({
    accounts: [
      { name: 'a', path: '/a', auth: 0 },
      { name: 'b', path: '/b', auth: 0 },
    ],
    behaviour: { ringMs: 0, talkMs: 0 },
  });
  address = `${(await simulator.start()).url}/a?origem=1&destino=2`;
});
afterEach(() => simulator.stop());

/** One request on a fresh connection; rejects where there is no reply. */
function request(url = address): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, resolve).on('error', reject);
  });
}

/** The status of one request, or the code of its error. */
function statusOf(url = address): Promise<number | string | undefined> {
  return request(url).then(
    (reply) => reply.resume().statusCode,
    (error: NodeJS.ErrnoException) => error.code,
  );
}

test('reset_before_reply is seen as ECONNRESET, recorded, and places no call', async () => {
  simulator.behave({ fault: 'reset_before_reply' });
  expect(await statusOf()).toBe('ECONNRESET');
  expect(simulator.originates()).toMatchObject([
    { outcome: 'reset_before_reply', replyStatus: null, callId: null },
  ]);
  expect(simulator.calls()).toEqual([]);
});

test('callOnFault plays the call behind a fault', async () => {
  simulator.behave({ fault: 'reset_before_reply', callOnFault: true });
  expect(await statusOf()).toBe('ECONNRESET');
  expect(simulator.originates()[0]?.callId).toBe(simulator.calls()[0]?.id);
  expect(simulator.calls()).toHaveLength(1);
});

test('mute never answers, and is cut by stop', async () => {
  simulator.behave({ fault: 'mute' });
  const reply = statusOf();
  await expect.poll(() => simulator.originates().length).toBe(1);
  // A second request is answered while the first still waits.
  simulator.behave({ fault: 'none' });
  expect(await Promise.race([reply, statusOf()])).toBe(200);
  await simulator.stop();
  expect(await reply).toBe('ECONNRESET');
});

test('redirect points to the metadata address', async () => {
  simulator.behave({ fault: 'redirect' });
  const reply = await request();
  expect(reply.statusCode).toBe(302);
  expect(reply.headers.location).toBe('http://169.254.169.254/');
});

test('huge_body goes on for 50 MB and waits for slow readers', async () => {
  simulator.behave({ fault: 'huge_body' });
  const reply = await request();
  let bytes = 0;
  for await (const chunk of reply as AsyncIterable<Buffer>) bytes += chunk.length;
  expect(bytes).toBe(50 * 1024 * 1024);
});

test('a client that leaves a huge_body early does no harm', async () => {
  simulator.behave({ fault: 'huge_body', times: 1 });
  const reply = await request();
  reply.destroy();
  expect(await statusOf()).toBe(200);
});

test('garbage is no HTTP', async () => {
  simulator.behave({ fault: 'garbage' });
  expect(await statusOf()).toMatch(/^HPE_/);
});

test('status replies with that code, and only a good one places a call', async () => {
  simulator.behave({ status: 503 });
  expect(await statusOf()).toBe(503);
  expect(simulator.calls()).toHaveLength(0);
  simulator.behave({ status: 202 });
  expect(await statusOf()).toBe(202);
  expect(simulator.calls()).toHaveLength(1);
});

test('answerDelayMs delays the reply, and the call goes on without its client', async () => {
  simulator.behave({ answerDelayMs: 80 });
  const startedAt = performance.now();
  expect(await statusOf()).toBe(200);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(75);

  const left = get(address, { agent: false }).on('error', () => undefined);
  await expect.poll(() => simulator.originates().length).toBe(2);
  left.destroy();
  await expect.poll(() => simulator.calls().length).toBe(2);
});

test('times limits a fault to the next originates', async () => {
  simulator.behave({ status: 500, times: 2, ringMs: 5 });
  expect([await statusOf(), await statusOf(), await statusOf()]).toEqual([500, 500, 200]);
  expect(simulator.behaviour()).toMatchObject({ status: null, times: null, ringMs: 5 });
});

test('an account can deviate from the simulator, and come back', async () => {
  simulator.behave({ status: 503, times: 1 }, 'b');
  const other = address.replace('/a?', '/b?');
  expect([await statusOf(), await statusOf(other), await statusOf(other)]).toEqual([200, 503, 200]);
  simulator.behave({ status: 500 }, 'b');
  simulator.resetBehaviour('b');
  expect(await statusOf(other)).toBe(200);
  expect(() => simulator.behave({}, 'nobody')).toThrow('nobody');
});
