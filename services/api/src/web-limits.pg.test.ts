import { request } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEYS, openTestApi, type TestApi } from '../test/open-test-api.ts';
import { readPageFiles } from './page-files.ts';

const CRM = 'https://crm.example';
let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({
    demo: { files: await readPageFiles(), simulatorUrl: null },
    limits: {
      requestsPerMinutePerIp: 30,
      requestsPerMinutePerKey: 6,
      sessionsPerMinutePerKey: 3,
      trustedHops: 1,
    },
    web: { allowedOrigins: [CRM], frameAncestors: [CRM], hstsSec: 600 },
  });
});
afterAll(() => api.close());

let lastClient = 0;
/** Each test comes from an address of its own. */
const from = () => ({ 'x-forwarded-for': `192.0.2.${(lastClient += 1)}` });

describe('threat 9 limits of the api', () => {
  it('POST /v1/sessions is limited by key, and says when to come again', async () => {
    const ask = (credential: string) =>
      api.ask({
        method: 'POST',
        url: '/v1/sessions',
        credential,
        headers: from(),
        payload: { user: credential === KEYS.acme ? 'ana' : 'gil' },
      });
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(KEYS.acme)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 429]));
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(3);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body.error).toMatchObject({ code: 'rate_limited', retryable: true });
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(1);
    expect((await ask(KEYS.globex)).status).toBe(201);
  });

  it('all requests of a key, and of an agent, are limited wherever they come from', async () => {
    for (const credential of [KEYS.all, await api.token('acme', 'bruno')]) {
      const url = '/v1/calls?tenant=acme';
      const asked = Array.from({ length: 12 }, () => api.ask({ url, credential, headers: from() }));
      const statuses = (await Promise.all(asked)).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([200, 429]));
      expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(6);
    }
  });

  it('requests of an address are limited before anything is asked of the database, but for health checks', async () => {
    const headers = from();
    const guess = (_: unknown, i: number) => api.ask({ url: '/v1/calls', credential: `guess-${i}`, headers });
    const statuses = (await Promise.all(Array.from({ length: 60 }, guess))).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(30);
    expect((await api.ask({ url: '/healthz', headers })).status).toBe(200);
    expect((await api.ask({ url: '/nowhere', headers: from() })).status).toBe(404);
  });

  it('a header of 20 kB is refused with 431, a body of 100 kB with 413', async () => {
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = api.app.server.address() as AddressInfo;
    const large = request({ port, host: '127.0.0.1', path: '/', headers: { 'x-large': 'x'.repeat(20_000) } });
    large.on('error', () => undefined);
    large.end();
    const [response] = await once(large, 'response');
    expect(response.statusCode).toBe(431);
    response.resume();
    const { status } = await api.ask({
      method: 'POST',
      url: '/v1/calls',
      credential: KEYS.acme,
      headers: from(),
      payload: { user: 'x'.repeat(100_000) },
    });
    expect(status).toBe(413);
  });

  it('a request that comes a byte at a time is cut', async () => {
    const { port } = api.app.server.address() as AddressInfo;
    expect(api.app.server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 10_000 });
    // The time is Node's to keep; that it keeps ours is shown by a shorter one.
    api.app.server.headersTimeout = 200;
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    const trickle = setInterval(() => socket.write('x'), 100);
    socket.write('GET / HTTP/1.1\r\nX: ');
    let answer = '';
    socket.on('data', (bytes: Buffer) => {
      answer += bytes.toString('latin1');
    });
    await once(socket, 'close');
    clearInterval(trickle);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('threat 8 what browsers are told', () => {
  it('every answer forbids to run, frame, embed and keep it', async () => {
    for (const url of ['/healthz', '/openapi.json', '/nowhere', '/v1/calls']) {
      const { headers } = await api.ask({ url, headers: from() });
      expect([url, headers]).toEqual([
        url,
        expect.objectContaining({
          'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'referrer-policy': 'no-referrer',
          'cross-origin-resource-policy': 'same-origin',
          'cross-origin-opener-policy': 'same-origin',
          'permissions-policy': expect.stringContaining('microphone=()'),
          'cache-control': 'no-store',
        }),
      ]);
    }
  });

  it('the agent page runs nothing but its own files, in frames of the CRM alone', async () => {
    const { headers } = await api.ask({ url: '/', headers: from() });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain(`frame-ancestors ${CRM};`);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|nonce|script-src[^;]*\*/);
    expect(headers).not.toHaveProperty('x-frame-options');
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-cache',
    });
  });

  it('to come by TLS alone is said behind TLS alone', async () => {
    const plain = await api.ask({ url: '/', headers: from() });
    expect(plain.headers).not.toHaveProperty('strict-transport-security');
    const behindTls = await api.ask({ url: '/', headers: { ...from(), 'x-forwarded-proto': 'https' } });
    expect(behindTls.headers['strict-transport-security']).toBe('max-age=600; includeSubDomains');
  });

  it('a page of an origin that is named may read answers, without credentials; no other may', async () => {
    const ask = (origin: string) => api.ask({ url: '/v1/calls', headers: { ...from(), origin } });
    expect((await ask(CRM)).headers).toMatchObject({ 'access-control-allow-origin': CRM, vary: 'Origin' });
    for (const origin of ['https://evil.example', 'null', `${CRM}.evil.example`, 'http://crm.example']) {
      const { headers } = await ask(origin);
      expect([origin, headers['access-control-allow-origin'], headers['vary']]).toEqual([
        origin,
        undefined,
        'Origin',
      ]);
    }
    const { headers } = await ask(CRM);
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('a browser’s question before a request is answered for origins that are named', async () => {
    const ask = (origin: string) =>
      api.ask({
        method: 'OPTIONS',
        url: '/v1/calls',
        headers: { ...from(), origin, 'access-control-request-method': 'GET' },
      });
    expect(await ask(CRM)).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'Authorization, Content-Type',
      },
    });
    expect((await ask('https://evil.example')).status).toBe(404);
  });
});
