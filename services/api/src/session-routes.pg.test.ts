import { sessionResponse } from '@ramal/contracts';
import { verifyAgentToken } from '@ramal/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KEYS, openTestApi, SECRET, type TestApi } from '../test/open-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const openSession = (credential: string | undefined, payload: object) =>
  api.ask({
    method: 'POST',
    url: '/v1/sessions',
    payload,
    ...(credential === undefined ? {} : { credential }),
  });

test('R36 an API key becomes a token of exactly that tenant, user and extension', async () => {
  const before = Date.now();
  const { status, body } = await openSession(KEYS.acme, { user: 'ana' });
  expect(status).toBe(201);
  const session = sessionResponse.parse(body);
  expect(session.agent).toEqual({ tenant: 'acme', user: 'ana', ramal: '3501' });
  expect(session.gatewayUrl).toBe('ws://127.0.0.1:4100');
  const { identity, expiresAtMs } = await verifyAgentToken(session.token, SECRET);
  expect(identity).toEqual(session.agent);
  expect(expiresAtMs).toBeGreaterThanOrEqual(Date.parse(session.expiresAt));
  expect(Date.parse(session.expiresAt)).toBeGreaterThanOrEqual(before + 898_000);
});

test('the key is taken from X-Api-Key just as well', async () => {
  const { status } = await api.ask({
    method: 'POST',
    url: '/v1/sessions',
    headers: { 'x-api-key': KEYS.acme },
    payload: { user: 'ana' },
  });
  expect(status).toBe(201);
});

test('a user without an extension gets a session without one', async () => {
  const { status, body } = await openSession(KEYS.acme, { user: 'noline' });
  expect(status).toBe(201);
  expect(body.agent.ramal).toBeNull();
});

test('an extension no telephone could have counts as none', async () => {
  await api.store.query(
    `insert into agents (tenant, user_name, ramal) values ('acme', 'odd', 'fila-3') on conflict do nothing`,
  );
  const { status, body } = await openSession(KEYS.acme, { user: 'odd' });
  expect(status).toBe(201);
  expect(body.agent.ramal).toBeNull();
});

describe('I6 the tenant comes from the credential', () => {
  test('a key of one tenant is refused for another one', async () => {
    const { status, body } = await openSession(KEYS.acme, { tenant: 'globex', user: 'gil' });
    expect([status, body.error.code]).toEqual([403, 'forbidden']);
  });

  test('a key of all tenants says which', async () => {
    const named = await openSession(KEYS.all, { tenant: 'globex', user: 'gil' });
    expect([named.status, named.body.agent.tenant]).toEqual([201, 'globex']);
    const unnamed = await openSession(KEYS.all, { user: 'gil' });
    expect([unnamed.status, unnamed.body.error.code]).toEqual([400, 'bad_request']);
  });

  test('threat 6 hostile tenant names are unknown tenants and nothing else', async () => {
    for (const tenant of ['__proto__', '*', '{acme}', 'acme:globex', 'acme\r\n', "' or 1=1 --", '%']) {
      const { status, body } = await openSession(KEYS.all, { tenant, user: 'ana' });
      expect([tenant, status, body.error.code]).toEqual([tenant, 404, 'not_found']);
    }
    const { status, body } = await openSession(KEYS.all, { tenant: 'ac\u0000me', user: 'ana' });
    expect([status, body.error.code]).toEqual([400, 'bad_request']);
  });
});

test.each([
  ['without a credential', undefined, 401, 'auth_required'],
  ['with an unknown key', 'nobody', 401, 'auth_failed'],
  ['with a revoked key', KEYS.revoked, 401, 'auth_failed'],
  ['with something that looks like a token', 'a.b.c', 401, 'auth_failed'],
])('no session %s', async (_, credential, expectedStatus, code) => {
  const { status, body, headers } = await openSession(credential, { user: 'ana' });
  expect([status, body.error.code, body.error.retryable]).toEqual([expectedStatus, code, false]);
  expect(headers['www-authenticate']).toBe('Bearer');
});

test.each([
  ['of an unknown tenant', { tenant: 'nowhere', user: 'ana' }, 404, 'not_found'],
  ['of an unknown user', { tenant: 'acme', user: 'nobody' }, 404, 'not_found'],
  ['of a user of another tenant', { tenant: 'acme', user: 'gil' }, 404, 'not_found'],
  ['of an inactive user', { tenant: 'acme', user: 'gone' }, 403, 'forbidden'],
  ['R42 of a tenant that is switched off', { tenant: 'closed', user: 'cris' }, 403, 'tenant_disabled'],
])('no session %s', async (_, payload, expectedStatus, code) => {
  const { status, body } = await openSession(KEYS.all, payload);
  expect([status, body.error.code]).toEqual([expectedStatus, code]);
});

test('an agent token opens no session', async () => {
  const { status, body } = await openSession(await api.token('acme', 'ana'), { user: 'ana' });
  expect([status, body.error.code]).toEqual([403, 'forbidden']);
});

test('threat 4 neither keys nor tokens are logged', async () => {
  const { body } = await openSession(KEYS.acme, { user: 'ana' });
  await openSession('canary-key-8c1f', { user: 'ana' });
  const log = api.log.join('\n');
  expect(log).toContain('session issued');
  for (const secret of [KEYS.acme, body.token, 'canary-key-8c1f']) expect(log).not.toContain(secret);
});
