import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { errorResponse } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, KEYS, openTestApi, type TestApi } from '../test/open-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

function expectError(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.body?.error?.code]).toEqual([status, code]);
  expect(errorResponse.strict().parse(answer.body)).toEqual(answer.body);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
}

const post = (payload: string | Buffer, headers: Record<string, string>) =>
  api.ask({ method: 'POST', url: '/v1/sessions', payload, headers, credential: KEYS.acme });
const JSON_TYPE = { 'content-type': 'application/json' };

describe('every refusal has the one shape', () => {
  test.each([
    ['an unknown address', 'GET', '/nowhere'],
    ['an unknown method', 'DELETE', '/v1/calls'],
    ['the demo’s sign-in', 'POST', '/demo/session'],
    ['the demo’s agents', 'GET', '/demo/agents'],
    ['the demo’s incoming calls', 'POST', '/demo/incoming'],
    ['the demo page’s files', 'GET', '/crm.js'],
    ['a file outside', 'GET', '/../package.json'],
    ['metrics, when not exposed', 'GET', '/metrics'],
  ] as const)('%s is not found', async (_, method, url) => {
    expectError(await api.ask({ method, url }), 404, 'not_found');
  });

  test('a body over 64 KiB', async () => {
    expectError(
      await post(JSON.stringify({ user: 'x'.repeat(65_536) }), JSON_TYPE),
      413,
      'payload_too_large',
    );
  });

  test.each(['{', '', 'user=ana', '{"user":"ana"}}', '{"__proto__":{"user":"ana"}}', '\u0000'])(
    'a body of %j',
    async (payload) => {
      expectError(await post(payload, JSON_TYPE), 400, 'bad_json');
    },
  );

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense'])(
    'a body of type %s',
    async (type) => {
      expectError(await post('{"user":"ana"}', { 'content-type': type }), 415, 'bad_request');
    },
  );

  test.each(['null', '[]', '"ana"', '1', '{}', '{"user":""}', '{"user":["ana"]}', '{"user":{"a":1}}'])(
    'JSON of %s',
    async (payload) => {
      expectError(await post(payload, JSON_TYPE), 400, 'bad_request');
    },
  );

  test('problems are named in words, without the values', async () => {
    const answer = await api.ask({
      method: 'POST',
      url: '/v1/calls',
      credential: KEYS.acme,
      payload: { to: 'canary-47987650001', intentId: ' ' },
    });
    expectError(answer, 400, 'bad_request');
    expect(answer.body.error.message).toMatch(/user: .*to: .*intentId: /);
    expect(answer.body.error.message).not.toContain('canary');
  });
});

test('threat 9 no body, of whatever type and content, gets anything but a refusal', async () => {
  const type = fc.constantFrom(
    'application/json',
    'application/json; charset=utf-8',
    'text/json',
    ' ',
    'a/b;;',
  );
  const url = fc.constantFrom('/v1/sessions', '/v1/calls');
  const payload = fc.oneof(
    fc.json(),
    fc.string(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  );
  await fc.assert(
    fc.asyncProperty(url, type, payload, async (to, contentType, body) => {
      const answer = await api.ask({
        method: 'POST',
        url: to,
        payload: body,
        headers: { 'content-type': contentType },
        credential: KEYS.acme,
      });
      expect([400, 404, 413, 415]).toContain(answer.status);
      errorResponse.parse(answer.body);
    }),
    { numRuns: 150 },
  );
});

test('bytes that are no HTTP are answered in the one shape, then the socket is closed', async () => {
  await api.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = api.app.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.end('NOT HTTP\r\n\r\n');
  let text = '';
  socket.on('data', (data) => {
    text += String(data);
  });
  await once(socket, 'close');
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(errorResponse.parse(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).error.code).toBe('bad_request');
});

test('nothing is served without the security headers', async () => {
  for (const url of ['/', '/openapi.json', '/healthz', '/nowhere', '/v1/calls', '/%zz']) {
    const { headers } = await api.ask({ url });
    expect([url, headers['x-content-type-options']]).toEqual([url, 'nosniff']);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test('threat 8 no page of another origin may read an answer', async () => {
  const { headers } = await api.ask({ url: '/', headers: { origin: 'https://evil.example' } });
  expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
});

test('without the demo the root points at the document', async () => {
  const { status, body } = await api.ask({ url: '/' });
  expect([status, body.openapi]).toEqual([200, '/openapi.json']);
});

test('one line is logged a request, with the route and never the URL', async () => {
  api.log.length = 0;
  await api.ask({
    url: '/v1/calls/0190f3a0-0000-7000-8000-000000000000?tenant=secret',
    credential: KEYS.acme,
  });
  const lines = api.log.map((line) => JSON.parse(line));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    message: 'request answered',
    method: 'GET',
    route: '/v1/calls/:callId',
    status: 403,
  });
  expect(api.log.join('')).not.toContain('secret');
});

describe('the OpenAPI document', () => {
  test('lists every route with its schemas, and every reference leads somewhere', async () => {
    const { status, body } = await api.ask({ url: '/openapi.json' });
    expect([status, body.openapi]).toEqual([200, '3.1.0']);
    const routes = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(routes.toSorted()).toEqual([
      'delete /v1/api-keys/{keyId}',
      'get /healthz',
      'get /readyz',
      'get /v1/access/revocations',
      'get /v1/api-keys',
      'get /v1/audit',
      'get /v1/calls',
      'get /v1/calls/{callId}',
      'get /v1/calls/{callId}/events',
      'get /v1/calls/{callId}/timeline',
      'get /v1/presence',
      'post /v1/access/revocations',
      'post /v1/api-keys',
      'post /v1/api-keys/{keyId}/rotate',
      'post /v1/calls',
      'post /v1/calls/{callId}/reveal',
      'post /v1/privacy/erasures',
      'post /v1/privacy/exports',
      'post /v1/sessions',
    ]);
    const text = JSON.stringify(body);
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      expect(Object.keys(body.components.schemas)).toContain(name);
    }
    expect(text.replaceAll(/"\$ref":"#\/components\/schemas\/[^"]+"/g, '')).not.toContain('$ref');
    for (const [path, methods] of Object.entries<Record<string, OpenApiOperation>>(body.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const where = `${method} ${path}`;
        expect(operation.summary, where).toBeTruthy();
        if (method === 'post') expect(operation.requestBody, where).toBeDefined();
        for (const reply of Object.values(operation.responses)) {
          expect(reply.content['application/json'].schema, where).toBeDefined();
          expect(reply.description, where).not.toBe('Default Response');
        }
      }
    }
  });
});

interface OpenApiOperation {
  summary?: string;
  requestBody?: object;
  responses: Record<string, { description: string; content: Record<'application/json', { schema: object }> }>;
}

test('a request that meets the stop is answered 503 in the one shape, and told to go elsewhere', async () => {
  const stopping = await openTestApi();
  await stopping.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = stopping.app.server.address() as AddressInfo;
  const accepting = once(stopping.app.server, 'connection');
  const socket = connect(port, '127.0.0.1');
  const [accepted] = (await accepting) as [Socket];
  // A first byte keeps the connection from counting as idle.
  socket.write('G');
  await sleepUntil(() => accepted.bytesRead > 0);
  const closed = stopping.close();
  socket.write('ET /v1/calls HTTP/1.1\r\nHost: api\r\n\r\n');
  let text = '';
  socket.on('data', (data) => {
    text += String(data);
  });
  await once(socket, 'close');
  await closed;
  expect(text).toMatch(/^HTTP\/1\.1 503 /);
  expect(text).toMatch(/connection: close/i);
  expect(text).toMatch(/retry-after: 1/i);
  expect(errorResponse.parse(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).error.code).toBe('unavailable');
});
