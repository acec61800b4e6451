import { apiKeySecret, apiKeysResponse } from '@ramal/contracts';
import { hashSecret } from '@ramal/store';
import { sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KEYS, openTestApi, type TestApi } from '../test/open-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const post = (url: string, credential: string, payload: object = {}) =>
  api.ask({ method: 'POST', url, credential, payload });
const revoke = (keyId: string, credential = KEYS.acme) =>
  api.ask({ method: 'DELETE', url: `/v1/api-keys/${keyId}`, credential });
const create = async (payload: object, credential = KEYS.acme) => {
  const { status, body } = await post('/v1/api-keys', credential, payload);
  expect([status, body.error?.message]).toEqual([201, undefined]);
  return apiKeySecret.parse(body);
};
const list = async (credential: string, query = '') => {
  const { body } = await api.ask({ url: `/v1/api-keys${query}`, credential });
  return apiKeysResponse.parse(body).keys;
};
const works = async (secret: string) =>
  (await api.ask({ url: '/v1/calls?tenant=acme', credential: secret })).status === 200;
const audit = async (keyId: string) =>
  (
    await api.store.query<{ action: string; tenant: string | null; text: string }>(
      `select action, tenant, audit_log::text as text from audit_log where detail ->> 'keyId' = $1 order by id`,
      [keyId],
    )
  ).rows;

describe('a key', () => {
  test('has 256 random bits, is shown once, and lies in the database as its hash alone', async () => {
    const { key, secret } = await create({ name: 'crm', role: 'admin' });
    expect(secret).toMatch(/^ramal_[\w-]{43}$/);
    expect(await works(secret)).toBe(true);
    const rows = await api.store.query<{ text: string; keyHash: Buffer }>(
      `select api_keys::text as text, key_hash as "keyHash" from api_keys where key_id = $1`,
      [key.keyId],
    );
    expect(rows.rows[0]?.keyHash).toEqual(hashSecret(secret));
    expect(rows.rows[0]?.text).not.toContain(secret.slice(6));
    expect(JSON.stringify(await list(KEYS.acme))).not.toContain(secret.slice(6));
    expect(api.log.join('\n')).not.toContain(secret.slice(6));
    const [entry] = await audit(key.keyId);
    expect(entry).toMatchObject({ action: 'key.created', tenant: 'acme' });
    expect(entry?.text).not.toContain(secret.slice(6));
  });

  test('says what it is for, by whom it was made, and when it was used last', async () => {
    const { key, secret } = await create({ name: 'reports', rights: ['calls:read', 'calls:read:any'] });
    expect(key).toMatchObject({
      name: 'reports',
      tenant: 'acme',
      role: null,
      rights: ['calls:read', 'calls:read:any'],
      createdBy: 'key acme',
      lastUsedAt: null,
      expiresAt: null,
    });
    expect(await works(secret)).toBe(true);
    const used = (await list(KEYS.acme)).find(({ keyId }) => keyId === key.keyId);
    expect(Date.parse(used?.lastUsedAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
  });

  test('of one tenant makes and sees keys of that tenant alone (I6)', async () => {
    const { key } = await create({ name: 'own', role: 'supervisor' });
    expect(await list(KEYS.globex)).not.toContainEqual(expect.objectContaining({ keyId: key.keyId }));
    expect((await post(`/v1/api-keys/${key.keyId}/rotate`, KEYS.globex)).status).toBe(404);
    expect((await revoke(key.keyId, KEYS.globex)).status).toBe(404);
    for (const tenant of ['globex', null]) {
      const { status } = await post('/v1/api-keys', KEYS.acme, { name: 'x', role: 'admin', tenant });
      expect([tenant, status]).toEqual([tenant, 403]);
    }
    expect((await api.ask({ url: '/v1/api-keys?tenant=globex', credential: KEYS.acme })).status).toBe(403);
  });

  test('of every tenant is made by a key of every tenant, which says so', async () => {
    expect((await post('/v1/api-keys', KEYS.all, { name: 'x', role: 'operator' })).status).toBe(400);
    expect((await post('/v1/api-keys', KEYS.all, { name: 'x', role: 'operator', tenant: 'no' })).status).toBe(
      404,
    );
    const { key } = await create({ name: 'ops', role: 'operator', tenant: null }, KEYS.all);
    expect(key.tenant).toBeNull();
    expect(await list(KEYS.all)).toContainEqual(expect.objectContaining({ keyId: key.keyId }));
    expect(await list(KEYS.all, '?tenant=acme')).not.toContainEqual(
      expect.objectContaining({ keyId: key.keyId }),
    );
  });

  test('gives no right that it lacks: neither to a new key, nor by rotating one, nor by a session', async () => {
    const { secret } = await create({ name: 'few', rights: ['keys:manage', 'sessions:create'] });
    const admin = await create({ name: 'many', role: 'admin' });
    expect((await post('/v1/api-keys', secret, { name: 'x', role: 'admin' })).body.error.code).toBe(
      'forbidden',
    );
    expect((await post('/v1/api-keys', secret, { name: 'x', rights: ['numbers:show'] })).status).toBe(403);
    expect((await post('/v1/api-keys', secret, { name: 'x', rights: ['keys:manage'] })).status).toBe(201);
    expect((await post(`/v1/api-keys/${admin.key.keyId}/rotate`, secret)).status).toBe(403);
    expect(await works(admin.secret)).toBe(true);
    expect((await post('/v1/sessions', secret, { user: 'ana', role: 'supervisor' })).status).toBe(403);
    expect((await post('/v1/sessions', secret, { user: 'ana' })).status).toBe(201);
  });

  test.each([
    ['a role and rights', { name: 'x', role: 'admin', rights: ['calls:read'] }],
    ['neither', { name: 'x' }],
    ['the role of a person', { name: 'x', role: 'agent' }],
    ['a right nobody knows', { name: 'x', rights: ['everything'] }],
    ['no name', { role: 'admin' }],
    ['an end in the past', { name: 'x', role: 'admin', expiresAt: '2001-01-01T00:00:00Z' }],
  ])('is not made with %s', async (_, payload) => {
    expect((await post('/v1/api-keys', KEYS.acme, payload)).body.error.code).toBe('bad_request');
  });
});

describe('the end of a key', () => {
  test('comes at once when it is revoked, once', async () => {
    const { key, secret } = await create({ name: 'short', role: 'admin' });
    const { status, body } = await revoke(key.keyId);
    expect([status, typeof body.revokedAt]).toEqual([200, 'string']);
    expect(await works(secret)).toBe(false);
    expect((await revoke(key.keyId)).status).toBe(404);
    expect((await post(`/v1/api-keys/${key.keyId}/rotate`, KEYS.acme)).status).toBe(404);
    expect((await audit(key.keyId)).map(({ action }) => action)).toEqual(['key.created', 'key.revoked']);
  });

  test('comes after the overlap when it is rotated; both work until then', async () => {
    const old = await create({ name: 'rotated', rights: ['calls:read', 'calls:read:any'] });
    const { body } = await post(`/v1/api-keys/${old.key.keyId}/rotate`, KEYS.acme, { overlapSec: 3600 });
    const next = apiKeySecret.parse(body);
    expect(next.key).toMatchObject({
      name: 'rotated',
      tenant: 'acme',
      rights: old.key.rights,
      expiresAt: null,
    });
    expect([await works(old.secret), await works(next.secret)]).toEqual([true, true]);
    const shown = (await list(KEYS.acme)).find(({ keyId }) => keyId === old.key.keyId);
    expect(Date.parse(shown?.expiresAt ?? '') - Date.now()).toBeLessThanOrEqual(3_600_000);
    await api.store.query(`update api_keys set expires_at = now() where key_id = $1`, [old.key.keyId]);
    expect([await works(old.secret), await works(next.secret)]).toEqual([false, true]);
    expect((await audit(old.key.keyId)).map(({ action }) => action)).toEqual(['key.created', 'key.rotated']);
  });

  test('is not put off by a rotation with a longer overlap', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const { key } = await create({ name: 'ends', role: 'admin', expiresAt });
    await post(`/v1/api-keys/${key.keyId}/rotate`, KEYS.acme, { overlapSec: 86_400 });
    const shown = (await list(KEYS.acme)).find(({ keyId }) => keyId === key.keyId);
    expect(shown?.expiresAt).toBe(expiresAt);
  });

  test('comes at once with an overlap of 0', async () => {
    const { key, secret } = await create({ name: 'leaked', role: 'admin' });
    await post(`/v1/api-keys/${key.keyId}/rotate`, KEYS.acme, { overlapSec: 0 });
    await sleepUntil(async () => !(await works(secret)));
  });
});
