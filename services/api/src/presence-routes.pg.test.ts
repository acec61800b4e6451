import { presenceResponse } from '@ramal/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KEYS, openTestApi, type TestApi } from '../test/open-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const ask = (query = '', credential = KEYS.acme) =>
  api.ask({ method: 'GET', url: `/v1/presence${query}`, credential });
const usersOf = ({ body }: { body: { agents: { user: string }[] } }) => body.agents.map(({ user }) => user);

test('R44 tells who is logged in, where, since when, and who just broke off', async () => {
  expect((await ask()).body).toEqual({ agents: [] });
  const before = Date.now();
  const ana = await api.logIn('acme', 'ana');
  await api.logIn('acme', 'ana');
  await api.logIn('acme', 'noline');
  await api.gateway.break(ana);

  const { status, body } = await ask();
  expect(status).toBe(200);
  expect(presenceResponse.parse(body)).toEqual(body);
  expect(body.agents).toMatchObject([
    { user: 'ana', ramal: '3501', connections: [{ gateway: 'gateway-1' }, { gateway: 'gateway-1' }] },
    { user: 'noline', ramal: null, connections: [{ gateway: 'gateway-1', open: true }] },
  ]);
  const [{ since, connections }] = body.agents;
  expect(connections.map(({ open }: { open: boolean }) => open).toSorted()).toEqual([false, true]);
  expect(since).toBe(connections[0].since);
  expect(Math.abs(Date.parse(since) - before)).toBeLessThan(60_000);
});

test('R44 asks for one user, who may be nobody', async () => {
  await api.logIn('acme', 'ana');
  await api.logIn('acme', 'bruno');
  expect(usersOf(await ask('?user=bruno'))).toEqual(['bruno']);
  expect(usersOf(await ask('?user=gone'))).toEqual([]);
  expect(usersOf(await ask('?user=nobody%3A%7B%7D*'))).toEqual([]);
});

test('I6 a key sees its own company, and an agent’s token nothing', async () => {
  await api.logIn('acme', 'ana');
  await api.logIn('globex', 'gil');
  expect(usersOf(await ask('', KEYS.globex))).toEqual(['gil']);
  expect(usersOf(await ask('?tenant=globex', KEYS.all))).toEqual(['gil']);
  expect((await ask('?tenant=globex')).body.error.code).toBe('forbidden');
  expect((await ask('', KEYS.all)).body.error.code).toBe('bad_request');
  expect((await ask('?tenant=nobody', KEYS.all)).body.error.code).toBe('not_found');
  expect((await ask('', await api.token('acme', 'ana'))).body.error.code).toBe('forbidden');
  expect((await ask('', KEYS.revoked)).status).toBe(401);
  expect((await ask('?user=', KEYS.acme)).status).toBe(400);
});
