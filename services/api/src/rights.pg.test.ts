import { randomBytes, randomUUID } from 'node:crypto';
import { reduceCall } from '@ramal/calls';
import {
  ALL_RIGHTS,
  type CallEvent,
  type Right,
  RIGHTS,
  type Role,
  ROLE_RIGHTS,
  toUuidV7,
} from '@ramal/contracts';
import { createApiKey, writeBatch } from '@ramal/store';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KEYS, openTestApi, type TestApi } from '../test/open-test-api.ts';

/** Which rights each route of the api asks for, on the whole of a tenant; null: none, it is public. */
const ROUTES: Record<string, readonly Right[] | null> = {
  'POST /v1/sessions': ['sessions:create'],
  'POST /v1/calls': ['calls:dial', 'calls:dial:any'],
  'GET /v1/calls': ['calls:read', 'calls:read:any'],
  'GET /v1/calls/{callId}': ['calls:read', 'calls:read:any'],
  'GET /v1/calls/{callId}/events': ['calls:trail', 'calls:read:any'],
  'GET /v1/calls/{callId}/timeline': ['calls:read', 'calls:read:any'],
  'POST /v1/calls/{callId}/reveal': ['numbers:reveal', 'calls:read', 'calls:read:any'],
  'GET /v1/presence': ['presence:read'],
  'POST /v1/api-keys': ['keys:manage'],
  'GET /v1/api-keys': ['keys:manage'],
  'POST /v1/api-keys/{keyId}/rotate': ['keys:manage'],
  'DELETE /v1/api-keys/{keyId}': ['keys:manage'],
  'POST /v1/access/revocations': ['access:revoke'],
  'GET /v1/access/revocations': ['access:revoke'],
  'GET /v1/audit': ['audit:read'],
  'POST /v1/privacy/erasures': ['privacy:erase'],
  'POST /v1/privacy/exports': ['privacy:export'],
  'GET /healthz': null,
  'GET /readyz': null,
};

const BODIES: Record<string, object> = {
  'POST /v1/sessions': { user: 'bruno' },
  'POST /v1/calls': { user: 'bruno', to: '4732100123' },
  'POST /v1/calls/{callId}/reveal': {},
  // A right that everyone who may make keys has.
  'POST /v1/api-keys': { name: 'made', rights: ['keys:manage'] },
  'POST /v1/api-keys/{keyId}/rotate': {},
  'POST /v1/privacy/erasures': { number: '4732105555', dryRun: true },
  'POST /v1/privacy/exports': { number: '4732105555' },
  // Long ago: no token of this test is that old.
  'POST /v1/access/revocations': { user: 'bruno', before: '2001-01-01T00:00:00Z' },
};

let api: TestApi;
/** Of bruno's, whom nobody here is. */
let callId: string;
let credentials: Record<Role, string>;

beforeAll(async () => {
  api = await openTestApi();
  const at = Date.now() - 60_000;
  callId = toUuidV7(at, randomBytes(10));
  const event: CallEvent = {
    type: 'call.incoming',
    eventId: randomUUID(),
    tenant: 'acme',
    callId,
    at,
    direction: 'inbound',
    ramal: '3502',
    user: 'bruno',
    peer: '47999990000',
    matchedBy: 'created',
  };
  await writeBatch(
    api.store,
    { partition: 0, checkpointId: null, events: [{ event }], deadLetters: [] },
    reduceCall,
  );
  const toKey = async (role: Exclude<Role, 'agent'>) =>
    (
      await createApiKey(
        api.store,
        { name: role, tenant: 'acme', grants: { role }, expiresAt: null },
        'operator test',
      )
    ).secret;
  credentials = {
    agent: await api.token('acme', 'ana'),
    supervisor: await api.token('acme', 'ana', 'supervisor'),
    admin: await toKey('admin'),
    operator: await toKey('operator'),
  };
});
afterAll(() => api.close());

async function request(route: string, credential: string) {
  const [method, path = ''] = route.split(' ');
  // Made for each request: the one before may have ended it.
  const keyId = path.includes('{keyId}') ? (await newKey(['keys:manage'])).keyId : '';
  const payload = BODIES[route];
  return api.ask({
    method: method as NonNullable<InjectOptions['method']>,
    url: path.replace('{callId}', callId).replace('{keyId}', keyId),
    credential,
    ...(payload === undefined ? {} : { payload }),
  });
}

async function newKey(rights: readonly Right[]): Promise<{ keyId: string; secret: string }> {
  const key = { name: 'some', tenant: 'acme', grants: { rights }, expiresAt: null };
  const { key: made, secret } = await createApiKey(api.store, key, 'operator test');
  return { keyId: made.keyId, secret };
}

/** Keys by what they lack; made once. */
const lacking = new Map<Right, Promise<{ secret: string }>>();
function keyWithout(right: Right): Promise<{ secret: string }> {
  const found = lacking.get(right) ?? newKey(ALL_RIGHTS.filter((other) => other !== right));
  lacking.set(right, found);
  return found;
}

test('every route of the api is in this table', async () => {
  const { paths } = (await api.ask({ url: '/openapi.json' })).body as { paths: Record<string, object> };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(routes.toSorted()).toEqual(Object.keys(ROUTES).toSorted());
});

test('every right is asked for somewhere, or lets numbers be seen', () => {
  const asked = Object.values(ROUTES).flatMap((rights) => rights ?? []);
  expect(new Set([...asked, 'numbers:show'])).toEqual(new Set(Object.keys(RIGHTS)));
});

/** Routes on which an agent without the right to all calls sees nothing of others, in place of a refusal. */
const HIDDEN = new Set(['GET /v1/calls/{callId}', 'GET /v1/calls/{callId}/timeline']);

describe.each(Object.keys(ROLE_RIGHTS) as Role[])('as %s', (role) => {
  test.each(Object.entries(ROUTES))('%s takes what the table says', async (route, needed) => {
    const { status, body } = await request(route, credentials[role]);
    const has = (needed ?? []).every((right) => ROLE_RIGHTS[role].includes(right));
    const code = body?.error?.code;
    if (has) return expect([route, status < 300, code]).toEqual([route, true, undefined]);
    if (role === 'agent' && HIDDEN.has(route)) return expect([status, code]).toEqual([404, 'not_found']);
    // Without a name it lists the own ones alone.
    if (role === 'agent' && route === 'GET /v1/calls') return expect(body.calls).toEqual([]);
    expect([status, code]).toEqual([403, 'forbidden']);
  });
});

test.each(Object.entries(ROUTES).filter(([, needed]) => needed !== null))(
  '%s refuses a key that lacks one of its rights, and only then',
  async (route, needed) => {
    for (const right of needed ?? []) {
      const { status, body } = await request(route, (await keyWithout(right)).secret);
      expect([right, status, body?.error?.code]).toEqual([right, 403, 'forbidden']);
    }
    const { status } = await request(route, (await newKey(needed ?? [])).secret);
    expect(status).toBeLessThan(300);
  },
);

test.each(Object.entries(ROUTES).filter(([, needed]) => needed !== null))(
  '%s takes nobody without a credential, and none that was revoked',
  async (route) => {
    expect((await request(route, '')).body.error.code).toBe('auth_required');
    expect((await request(route, KEYS.revoked)).body.error.code).toBe('auth_failed');
    expect((await request(route, `${credentials.agent}x`)).body.error.code).toBe('auth_failed');
  },
);

test.each(Object.keys(ROUTES))(
  '%s takes a key that was there before there were rights: it has all of them',
  async (route) => {
    expect((await request(route, KEYS.acme)).status).toBeLessThan(300);
  },
);
