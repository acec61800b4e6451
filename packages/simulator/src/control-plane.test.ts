import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSimulator, type Simulator } from './simulator.ts';

let simulator: Simulator;
let url = '';

beforeEach(async () => {
  simulator = createSimulator({ accounts: [{ name: 'a', auth: 0 }], behaviour: { ringMs: 0, talkMs: 0 } });
  url = (await simulator.start()).url;
});
afterEach(() => simulator.stop());

async function call(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const reply = await fetch(`${url}${path}`, { method, ...(body === undefined ? {} : { body: text }) });
  return { status: reply.status, body: await reply.json() };
}

test('originates, calls and callbacks can be read, and forgotten', async () => {
  await fetch(`${url}/api/clicktodial?origem=1&destino=2`);
  expect(await call('GET', '/control/originates')).toEqual({ status: 200, body: simulator.originates() });
  expect(simulator.originates()).toHaveLength(1);
  await expect.poll(() => simulator.calls()[0]?.state).toBe('ended');
  expect(await call('GET', '/control/calls')).toEqual({ status: 200, body: simulator.calls() });
  expect(await call('GET', '/control/callbacks')).toEqual({ status: 200, body: [] });
  expect((await call('DELETE', '/control/originates')).status).toBe(200);
  expect(simulator.originates()).toEqual([]);
});

test('behaviour is read, changed in part and put back to normal', async () => {
  const changed = await call('PUT', '/control/behaviour', { fault: 'mute', times: 3 });
  expect(changed).toMatchObject({ status: 200, body: { fault: 'mute', times: 3, outcome: 'answer' } });
  await call('PUT', '/control/behaviour?account=a', { outcome: 'busy' });
  expect((await call('GET', '/control/behaviour?account=a')).body).toMatchObject({
    fault: 'mute',
    outcome: 'busy',
  });
  expect((await call('GET', '/control/behaviour')).body).toMatchObject({ outcome: 'answer' });
  expect((await call('DELETE', '/control/behaviour')).body).toMatchObject({ fault: 'none', times: null });
});

test('an incoming call is placed', async () => {
  const { status, body } = await call('POST', '/control/incoming', { account: 'a', from: '47', to: '3501' });
  expect(status).toBe(202);
  expect(simulator.calls()).toMatchObject([
    { id: (body as { id: string }).id, direction: 'incoming', origin: '47' },
  ]);
});

test('refuse answers first and then closes the port', async () => {
  expect(await call('POST', '/control/refuse', { ms: 100 })).toEqual({
    status: 202,
    body: { refusedMs: 100 },
  });
  const reachable = () =>
    fetch(`${url}/healthz`).then(
      () => true,
      () => false,
    );
  await expect.poll(reachable, { interval: 5 }).toBe(false);
  await expect.poll(reachable, { timeout: 3000 }).toBe(true);
});

test.each([
  ['PUT', '/control/behaviour', '{"fault":', 400, 'bad_json'],
  ['PUT', '/control/behaviour', '{"fault":"explode"}', 400, 'bad_request'],
  ['PUT', '/control/behaviour', '{"falut":"mute"}', 400, 'bad_request'],
  ['PUT', '/control/behaviour', '[]', 400, 'bad_request'],
  ['PUT', '/control/behaviour?account=x', '{}', 404, 'account_unknown'],
  ['POST', '/control/refuse', '', 400, 'bad_request'],
  ['POST', '/control/refuse', '{"ms":-1}', 400, 'bad_request'],
  ['POST', '/control/incoming', '{"account":"x","from":"1","to":"2"}', 404, 'account_unknown'],
  ['POST', '/control/incoming', '{"account":"a","from":"1"}', 400, 'bad_request'],
  ['PUT', '/control/behaviour', ' '.repeat(64 * 1024 + 1), 413, 'payload_too_large'],
  ['PATCH', '/control/behaviour', '{}', 405, 'method_not_allowed'],
  ['POST', '/control/nothing', '{}', 404, 'not_found'],
  ['POST', '/constructor', '{}', 404, 'not_found'],
])('%s %s with %.40s is answered %i %s', async (method, path, body, status, code) => {
  const reply = await call(method, path, body);
  expect(reply).toMatchObject({ status, body: { error: { code, message: expect.any(String) } } });
  expect(simulator.behaviour()).toMatchObject({ fault: 'none' });
});

test('errors name the field that is wrong', async () => {
  const { body } = await call('PUT', '/control/behaviour', { ringMs: 'long' });
  expect(body).toMatchObject({ error: { message: expect.stringContaining('ringMs') } });
});

test('pages of any origin may use it', async () => {
  const preflight = await fetch(`${url}/control/behaviour`, { method: 'OPTIONS' });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
  for (const path of ['/control/calls', '/control/nothing', '/healthz']) {
    expect((await fetch(`${url}${path}`)).headers.get('access-control-allow-origin')).toBe('*');
  }
});

test('GET / explains it in plain text', async () => {
  const reply = await fetch(url);
  expect(reply.headers.get('content-type')).toContain('text/plain');
  expect(await reply.text()).toContain('POST   /control/incoming');
});
