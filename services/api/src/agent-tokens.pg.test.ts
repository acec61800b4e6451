import { createHmac } from 'node:crypto';
import { revocationsResponse, revocationView } from '@ramal/contracts';
import { type IdentityProvider, sleepUntil, startIdentityProvider } from '@ramal/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { KEYS, openTestApi, type TestApi } from '../test/open-test-api.ts';

let api: TestApi;
let provider: IdentityProvider;

beforeAll(async () => {
  provider = await startIdentityProvider();
  api = await openTestApi({
    fetchKeys: async (url) => {
      const response = await fetch(url);
      return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
    },
  });
});
beforeEach(async () => {
  await api.store.query('delete from access_revocations');
  await api.store.query('delete from agent_token_policies');
  await reached(await api.token('acme', 'ana'), 200);
});
afterAll(async () => {
  await api.close();
  await provider.close();
});

const read = async (token: string) => (await api.ask({ url: '/v1/calls', credential: token })).status;
/** A change is heard of in a moment. */
const reached = (token: string, status: number) => sleepUntil(async () => (await read(token)) === status);
const revoke = (payload: object, credential = KEYS.acme) =>
  api.ask({ method: 'POST', url: '/v1/access/revocations', credential, payload });

test('threat 7 a revoked token reads nothing and dials nothing; a new one does', async () => {
  const old = await api.token('acme', 'ana');
  const bruno = await api.token('acme', 'bruno');
  const { status, body } = await revoke({ user: 'ana', reason: 'left the company' });
  expect(status).toBe(201);
  expect(revocationView.parse(body)).toMatchObject({ tenant: 'acme', user: 'ana', createdBy: 'key acme' });
  await reached(old, 401);
  const dial = await api.ask({
    method: 'POST',
    url: '/v1/calls',
    credential: old,
    payload: { user: 'ana', to: '4732100123' },
  });
  expect([dial.status, dial.body.error.code]).toEqual([401, 'auth_failed']);
  expect(await read(bruno)).toBe(200);
  expect(await read(await api.token('acme', 'ana'))).toBe(200);
});

test('a tenant’s and everybody’s tokens end the same way', async () => {
  const [ana, gil] = [await api.token('acme', 'ana'), await api.token('globex', 'gil')];
  await revoke({});
  await reached(ana, 401);
  expect(await read(gil)).toBe(200);
  await revoke({ everyone: true }, KEYS.all);
  await reached(gil, 401);
});

test('what was revoked stays revoked: the later moment counts', async () => {
  await revoke({ user: 'ana', before: '2031-01-01T00:00:00.000Z' });
  const { body } = await revoke({ user: 'ana', before: '2026-01-01T00:00:00.000Z' });
  expect(body.before).toBe('2031-01-01T00:00:00.000Z');
  const listed = await api.ask({ url: '/v1/access/revocations', credential: KEYS.acme });
  expect(revocationsResponse.parse(listed.body).revocations).toHaveLength(1);
});

test('I6 nobody revokes beyond the own tenant', async () => {
  expect((await revoke({ tenant: 'globex' })).status).toBe(403);
  expect((await revoke({ everyone: true })).status).toBe(403);
  expect((await revoke({}, KEYS.all)).status).toBe(400);
  expect((await revoke({ tenant: 'nowhere' }, KEYS.all)).status).toBe(404);
  expect((await revoke({ everyone: true, user: 'ana' }, KEYS.all)).status).toBe(400);
  const listed = await api.ask({ url: '/v1/access/revocations', credential: KEYS.all });
  expect(listed.body).toEqual({ revocations: [] });
});

test('each is in the audit log', async () => {
  await revoke({ user: 'bruno', reason: 'laptop lost' });
  const { rows } = await api.store.query<{ tenant: string; scope: string; reason: string }>(
    `select tenant, detail ->> 'scope' as scope, detail ->> 'reason' as reason
       from audit_log where action = 'access.revoked' order by id desc limit 1`,
  );
  expect(rows).toEqual([{ tenant: 'acme', scope: 'agent', reason: 'laptop lost' }]);
});

test('a tenant with an identity provider takes its tokens alone, and has none made here', async () => {
  const ours = await api.token('acme', 'ana');
  await api.store.query(
    `insert into agent_token_policies (tenant, kind, issuer, audience, jwks_url)
     values ('acme', 'jwks', 'https://id.example', 'telephony', $1)`,
    [provider.url],
  );
  await reached(ours, 401);
  const nowSec = Math.floor(Date.now() / 1000);
  const claims = { iss: 'https://id.example', aud: 'telephony', sub: 'ana', tenant: 'acme', iat: nowSec };
  const theirs = (over: object = {}) => provider.sign({ ...claims, exp: nowSec + 60, ...over });
  expect(await read(theirs())).toBe(200);
  expect(await read(theirs({ sub: 'gone' }))).toBe(401);
  expect(await read(theirs({ tenant: 'globex' }))).toBe(401);
  const published = await (await fetch(provider.url)).text();
  const text = `${Buffer.from('{"alg":"HS256","kid":"k1"}').toString('base64url')}.${theirs().split('.')[1]}`;
  expect(await read(`${text}.${createHmac('sha256', published).update(text).digest('base64url')}`)).toBe(401);
  const session = await api.ask({
    method: 'POST',
    url: '/v1/sessions',
    credential: KEYS.acme,
    payload: { user: 'ana' },
  });
  expect([session.status, session.body.error.code]).toEqual([403, 'forbidden']);
});
