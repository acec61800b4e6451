import { connectRedis } from '@ramal/bus';
import { createNames, dialResponse } from '@ramal/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KEYS, openTestApi, type TestApi } from '../test/open-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const dial = (credential: string, payload: object) =>
  api.ask({ method: 'POST', url: '/v1/calls', payload, credential });

test('R37 R43 a dial is recorded, queued and answered at once', async () => {
  const { status, body } = await dial(KEYS.acme, {
    user: 'ana',
    to: '(47) 3210-0123',
    intentId: 'click-1',
    context: { ticket: '77' },
  });
  expect(status).toBe(202);
  const { intentId, callId } = dialResponse.parse(body);
  expect(intentId).toBe('click-1');
  const found = await api.intents.find('acme', 'click-1');
  expect(found?.intent).toMatchObject({
    callId,
    user: 'ana',
    ramal: '3501',
    to: '4732100123',
    direction: 'outbound',
    state: 'queued',
  });
  const { body: call } = await api.ask({ url: `/v1/calls/${callId}`, credential: KEYS.acme });
  expect(call).toMatchObject({
    callId,
    tenant: 'acme',
    user: 'ana',
    state: 'queued',
    context: { ticket: '77' },
  });
});

test('I1 the same intent gives the same answer, another number or user a conflict', async () => {
  const first = await dial(KEYS.acme, { user: 'ana', to: '4732100123', intentId: 'click-2' });
  const again = await dial(KEYS.acme, { user: 'ana', to: '47 3210-0123', intentId: 'click-2' });
  expect([again.status, again.body]).toEqual([202, first.body]);
  for (const other of [
    { user: 'ana', to: '4732100124' },
    { user: 'bruno', to: '4732100123' },
  ]) {
    const { status, body } = await dial(KEYS.acme, { ...other, intentId: 'click-2' });
    expect([status, body.error.code]).toEqual([409, 'intent_conflict']);
  }
});

test('I6 the same intentId of two tenants is two dials', async () => {
  await api.store.query('update empresas set usa_cti = 1 where empresa_id = 2');
  const acme = await dial(KEYS.acme, { user: 'ana', to: '4732100123', intentId: 'shared' });
  const globex = await dial(KEYS.globex, { user: 'gil', to: '4732100123', intentId: 'shared' });
  expect([acme.status, globex.status]).toEqual([202, 202]);
  expect(globex.body.callId).not.toBe(acme.body.callId);
  await api.store.query('update empresas set usa_cti = 0 where empresa_id = 2');
});

test('an intentId is made when there is none, a new one each time', async () => {
  const one = await dial(KEYS.acme, { user: 'ana', to: '3502' });
  const two = await dial(KEYS.acme, { user: 'ana', to: '3503' });
  expect([one.status, two.status]).toEqual([202, 202]);
  expect(one.body.intentId).not.toBe(two.body.intentId);
  const found = await api.intents.find('acme', one.body.intentId);
  expect(found?.intent.direction).toBe('internal');
});

test('I1 asked twice at once for the same number it is one dial, whoever made the intentIds', async () => {
  const answers = await Promise.all(
    [undefined, 'their-own', undefined, 'another'].map((intentId) =>
      dial(KEYS.acme, { user: 'ana', to: '47 3210-0177', ...(intentId === undefined ? {} : { intentId }) }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
  const [first] = answers.map(({ body }) => dialResponse.parse(body));
  for (const { body } of answers) expect(body).toEqual(first);
  // Later on the name of a second click still leads to the first.
  const again = await dial(KEYS.acme, { user: 'ana', to: '4732100177', intentId: 'their-own' });
  expect(again.body).toEqual(first);
});

describe('an agent token', () => {
  test('dials for its own user', async () => {
    const { status } = await dial(await api.token('acme', 'ana'), { user: 'ana', to: '4732100123' });
    expect(status).toBe(202);
  });

  test.each([
    ['another user', { user: 'bruno', to: '4732100123' }],
    ['another tenant', { tenant: 'globex', user: 'ana', to: '4732100123' }],
  ])('never dials for %s', async (_, payload) => {
    const { status, body } = await dial(await api.token('acme', 'ana'), payload);
    expect([status, body.error.code]).toEqual([403, 'forbidden']);
  });

  test('threat 7 is worth nothing once its user is switched off', async () => {
    const { status, body } = await dial(await api.token('acme', 'gone'), { user: 'gone', to: '4732100123' });
    expect([status, body.error.code]).toEqual([403, 'forbidden']);
  });
});

test.each([
  ['R42 for a tenant that is switched off', { tenant: 'closed', user: 'cris' }, 403, 'tenant_disabled'],
  ['R1 while the company makes no calls', { tenant: 'globex', user: 'gil' }, 409, 'cti_disabled'],
  ['for a user without an extension', { tenant: 'acme', user: 'noline' }, 409, 'ramal_missing'],
  ['for an unknown user', { tenant: 'acme', user: 'nobody' }, 404, 'not_found'],
])('no dial %s', async (_, who, expectedStatus, code) => {
  // A tenant's configuration may be two seconds old.
  await expect
    .poll(
      async () => {
        const { status, body } = await dial(KEYS.all, { ...who, to: '4732100123' });
        return [status, body.error?.code];
      },
      { timeout: 5_000, interval: 200 },
    )
    .toEqual([expectedStatus, code]);
});

test('threat 1 only numbers that can be dialled are taken', async () => {
  for (const to of [
    '',
    '1',
    '12345678901234567890123',
    '47;3210',
    '+',
    '3501\r\nX: 1',
    '<3501>',
    '３５０１',
  ]) {
    const { status, body } = await dial(KEYS.acme, { user: 'ana', to });
    expect([to, status, body.error.code]).toEqual([to, 400, 'bad_request']);
    expect(body.error.message).toContain('to: ');
  }
});

test('I1 a dial at a CTI that is down has its end at once, and counts neither as recorded nor as denied', async () => {
  const log = { info: () => undefined, warn: () => undefined };
  const redis = await connectRedis({ url: api.redisServer.url, role: 'commands', name: 'breaker', log });
  const cti = createNames().cti('acme');
  await redis.hset(cti, 'until', Date.now() + 60_000);
  const { status, body } = await dial(KEYS.acme, {
    user: 'ana',
    to: '4732100999',
    intentId: 'at-a-down-cti',
  });
  expect(status).toBe(202);
  expect((await api.intents.find('acme', 'at-a-down-cti'))?.intent.state).toBe('failed');
  const { callId } = dialResponse.parse(body);
  expect((await api.ask({ url: `/v1/calls/${callId}`, credential: KEYS.acme })).body).toMatchObject({
    state: 'ended',
    result: 'failed',
    reason: 'cti_unavailable',
  });
  const logged = api.log.filter((line) => line.includes(callId) && line.includes('"dial'));
  expect(logged.map((line) => JSON.parse(line).message)).toEqual(['dial not queued: its cti is down']);
  await redis.del(cti);
  redis.disconnect();
});

test('threat 4 no number that was dialled is logged', async () => {
  await dial(KEYS.acme, { user: 'ana', to: '47987650001' });
  await api.ask({ url: '/v1/calls?number=47987650001', credential: KEYS.acme });
  await api.ask({ url: '/nowhere/47987650001', credential: KEYS.acme });
  expect(api.log.length).toBeGreaterThan(3);
  expect(api.log.join('\n')).not.toContain('47987650001');
});

test('with Redis away a dial is answered 503 in time, and works again when Redis is back', async () => {
  await api.redisServer.kill();
  const startedMs = performance.now();
  const { status, body, headers } = await dial(KEYS.acme, {
    user: 'ana',
    to: '4732100123',
    intentId: 'late',
  });
  expect([status, body.error.code, body.error.retryable]).toEqual([503, 'unavailable', true]);
  expect(headers['retry-after']).toBe('1');
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect((await api.ask({ url: '/readyz' })).status).toBe(503);
  expect((await api.ask({ url: '/healthz' })).status).toBe(200);
  await api.redisServer.restart();
  await expect
    .poll(async () => (await dial(KEYS.acme, { user: 'ana', to: '4732100123', intentId: 'late' })).status, {
      timeout: 10_000,
      interval: 200,
    })
    .toBe(202);
  expect((await api.ask({ url: '/readyz' })).status).toBe(200);
});
