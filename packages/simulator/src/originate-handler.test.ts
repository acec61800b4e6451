import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { SimulatorAccount } from './account.ts';
import { createSimulator, type Simulator } from './simulator.ts';

const user = { ramal: '3501', agente: 'maria', senha: 'çé:1', token: 'tok/1+2' };
const basic = `Basic ${Buffer.from('maria:çé:1', 'utf8').toString('base64')}`;
const withToken = (token: string) => `token=${encodeURIComponent(token)}`;

let simulator: Simulator | undefined;
afterEach(() => simulator?.stop());

async function start(...accounts: Partial<SimulatorAccount>[]): Promise<string> {
  simulator = createSimulator({
    accounts: accounts.map((account, i) => ({ name: `a${i + 1}`, auth: 0, users: [user], ...account })),
    behaviour: { ringMs: 0, talkMs: 0 },
  });
  return (await simulator.start()).url;
}

/** Sends bytes as they are, which no HTTP client does, and reads until the far end closes. */
function sendRaw(url: string, lines: string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname);
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    socket.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
  });
}

const dial = 'origem=3501&destino=4732100123';

test.each<[auth: 0 | 1 | 2 | 3 | 4, query: string, headers: Record<string, string>]>([
  [0, dial, {}],
  [1, dial, { authorization: basic }],
  [2, dial, { token_auth: user.token }],
  [3, `${dial}&${withToken(user.token)}`, {}],
  [3, `token=fixed&${dial}&${withToken(user.token)}`, {}],
  [4, dial, { authorization: basic, token_auth: user.token }],
])('R31 mode %i accepts %s with %o', async (auth, query, headers) => {
  const url = await start({ auth });
  const reply = await fetch(`${url}/api/clicktodial?${query}`, { headers });
  expect(reply.status).toBe(200);
  const [record] = simulator?.originates() ?? [];
  expect(await reply.json()).toEqual({ status: 'ok', id: record?.callId });
  expect(record).toMatchObject({
    account: 'a1',
    authorized: true,
    outcome: 'accepted',
    destination: '4732100123',
  });
});

const latin1Basic = `Basic ${Buffer.from('maria:çé:1', 'latin1').toString('base64')}`;

test.each<[auth: 1 | 2 | 3 | 4, query: string, headers: Record<string, string>]>([
  [1, dial, {}],
  [1, dial, { authorization: 'Basic bWFyaWE6eA==' }],
  [1, dial, { authorization: basic.replace('Basic', 'Bearer') }],
  [1, dial, { authorization: latin1Basic }],
  [2, dial, {}],
  [2, dial, { token_auth: 'tok' }],
  [2, dial, { 'token-auth': user.token }],
  [2, `${dial}&${withToken(user.token)}`, {}],
  [3, dial, {}],
  [3, `${dial}&token=tok/1+2`, {}],
  [3, `${dial}&${withToken(user.token)}&token=other`, {}],
  [4, dial, { authorization: basic }],
  [4, dial, { token_auth: user.token }],
  [4, dial, { authorization: basic, token_auth: 'x' }],
])('R31 mode %i refuses %s with %o', async (auth, query, headers) => {
  const url = await start({ auth });
  const reply = await fetch(`${url}/api/clicktodial?${query}`, { headers });
  expect(reply.status).toBe(401);
  expect(await reply.json()).toMatchObject({ status: 'error' });
  expect(simulator?.originates()).toMatchObject([
    { account: 'a1', authorized: false, outcome: 'unauthorized' },
  ]);
  expect(simulator?.calls()).toEqual([]);
});

test('a user without a password or token is never let in by empty credentials', async () => {
  const url = await start({ auth: 1, users: [{ ramal: '1', agente: 'x' }] });
  const authorization = `Basic ${Buffer.from('x:').toString('base64')}`;
  expect((await fetch(`${url}/api/clicktodial?${dial}`, { headers: { authorization } })).status).toBe(401);
});

test('missing variables are 400, but only for who may dial', async () => {
  const url = await start({ auth: 1 });
  const headers = { authorization: basic };
  expect((await fetch(`${url}/api/clicktodial?origem=3501`, { headers })).status).toBe(400);
  expect((await fetch(`${url}/api/clicktodial?origem=3501&destino=`, { headers })).status).toBe(400);
  expect((await fetch(`${url}/api/clicktodial?origem=3501`)).status).toBe(401);
});

test('R24 R25 an account reads its own variable names', async () => {
  const url = await start({ path: '/dial', originName: 'from', destinationName: 'to' });
  expect((await fetch(`${url}/dial?from=1&to=2`, { method: 'POST', body: 'ignored' })).status).toBe(200);
  expect(simulator?.originates()).toMatchObject([{ method: 'POST', origin: '1', destination: '2' }]);
});

test('accounts that share a path are told apart by credentials, then by extension', async () => {
  const url = await start(
    { auth: 1, users: [{ ...user, ramal: '1' }] },
    { auth: 1, users: [{ ...user, ramal: '3501' }] },
    { auth: 2, users: [{ ...user, token: 'third' }] },
  );
  const call = (headers: Record<string, string>) => fetch(`${url}/api/clicktodial?${dial}`, { headers });
  await call({ authorization: basic });
  await call({ token_auth: 'third' });
  await call({});
  expect(simulator?.originates().map(({ account }) => account)).toEqual(['a2', 'a3', null]);
});

test('R32 the URL and headers are recorded byte for byte as they were sent', async () => {
  const url = await start({});
  const target = `/api/clicktodial?origem=35%301&destino=%2b55+47&x=%zz&&='"{}|^\\`;
  await sendRaw(url, [
    `GET ${target} HTTP/1.1`,
    'HoSt: pbx.example:8080',
    'X-a: 1',
    'x-A: 2',
    'Connection: close',
  ]);
  const [record] = simulator?.originates() ?? [];
  expect(record?.url).toBe(`http://pbx.example:8080${target}`);
  expect(record?.headers).toEqual([
    ['HoSt', 'pbx.example:8080'],
    ['X-a', '1'],
    ['x-A', '2'],
    ['Connection', 'close'],
  ]);
  expect(record?.origin).toBe('3501');
});

test('a request without a Host header is recorded too', async () => {
  const url = await start({});
  await sendRaw(url, [`GET /api/clicktodial?${dial} HTTP/1.1`, 'Connection: close']);
  expect(simulator?.originates()).toMatchObject([
    { url: `http:///api/clicktodial?${dial}`, outcome: 'accepted' },
  ]);
});

test('a request whose body never ends is recorded, and places no call', async () => {
  const url = await start({});
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`POST /api/clicktodial?${dial} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf`);
  await expect.poll(() => simulator?.originates().length).toBe(1);
  socket.destroy();
  await expect.poll(() => simulator?.originates()[0]?.outcome).toBe('aborted');
  expect(simulator?.calls()).toEqual([]);
});

test('other paths are no originates', async () => {
  const url = await start({});
  expect((await fetch(`${url}/api/clicktodial/?${dial}`)).status).toBe(404);
  expect(simulator?.originates()).toEqual([]);
});
