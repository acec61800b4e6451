import { type AddressInfo, connect } from 'node:net';
import { errorResponse } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import type { TenantLookup, TenantProfile } from '@ramal/store';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDoor } from '../test/create-test-door.ts';
import { newProfile } from '../test/open-test-ingest.ts';
import { type AppDeps, createApp } from './app.ts';
import type { Events } from './events.ts';
import type { Variable } from './read-variables.ts';

const TOKEN = 'cb_secret-canary';
let app: FastifyInstance;
let profile: TenantProfile;
let ingested: { kind: string; variables: readonly Variable[] }[];
let noted: string[];
let lookup: TenantLookup['byCallbackToken'];
let ingest: AppDeps['ingest'];
let stopping: boolean;

beforeEach(() => {
  stopping = false;
  profile = newProfile();
  ingested = [];
  noted = [];
  lookup = async (token) => (token === TOKEN ? profile : null);
  ingest = async (_profile, kind, variables) => {
    ingested.push({ kind, variables });
    return { callId: 'c1', outcome: 'stored' };
  };
  const note = (what: string) => (fields: unknown) => void noted.push(`${what} ${JSON.stringify(fields)}`);
  const events: Events = {
    received: note('received'),
    unknownVariables: note('unknownVariables'),
    refused: note('refused'),
    callerRefused: note('callerRefused'),
    shed: note('shed'),
    wconnectAnswered: note('wconnectAnswered'),
    conflictRetried: () => undefined,
    requestFailed: (error) => void noted.push(`requestFailed ${String(error)}`),
    backgroundFailed: () => undefined,
  };
  app = createApp({
    door: createTestDoor({
      lookup: {
        byCallbackToken: (token) => lookup(token),
        tenant: async () => profile.tenant,
        profile: async () => profile,
        forget: () => undefined,
        known: () => null,
        credentials: async () => null,
      },
      events,
    }),
    ingest: (...args) => ingest(...args),
    events,
    readRamalState: async () => {
      throw new Error('not asked for here');
    },
    isStopping: () => stopping,
    publicUrl: undefined,
    maxBodyBytes: 1_024,
    requestTimeoutMs: 10_000,
    connections: { most: 1_000, mostPerAddress: null },
  });
});
afterEach(() => app.close());

const ask = (url: string, over: object = {}) => app.inject({ url, ...over });
const GOOD = `/v1/cti/${TOKEN}/ended?origem=3501&destino=47`;
type Reply = Awaited<ReturnType<typeof ask>>;
function refusal(reply: Reply): [number, string] {
  expect(reply.headers['content-type']).toMatch(/^application\/json/);
  return [reply.statusCode, errorResponse.parse(reply.json()).error.code];
}

describe('a callback', () => {
  it.each(['incoming', 'answered', 'ended', 'recording'])(
    '%s is ingested and answered as configured',
    async (kind) => {
      profile.cti.callback.replyBody = '<ok/>';
      profile.cti.callback.replyContentType = 'text/xml';
      const reply = await ask(`/v1/cti/${TOKEN}/${kind}?a=1&a=2`);
      expect([reply.statusCode, reply.body, reply.headers['content-type']]).toEqual([
        200,
        '<ok/>',
        'text/xml',
      ]);
      expect(reply.headers['cache-control']).toBe('no-store');
      expect(ingested).toEqual([
        {
          kind,
          variables: [
            ['a', '1'],
            ['a', '2'],
          ],
        },
      ]);
    },
  );

  it.each([
    ['application/json', '{"b":2}'],
    ['application/x-www-form-urlencoded', 'b=2'],
    ['text/plain; charset=utf-8', 'b=2'],
    ['multipart/mixed', 'b=2'],
    [undefined, 'b=2'],
    ['nonsense', 'b=2'],
  ])('by POST as %s is read, query and body', async (type, payload) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    const reply = await ask(`/v1/cti/${TOKEN}/ended?a=1`, { method: 'POST', headers, payload });
    expect(reply.statusCode).toBe(200);
    expect(ingested[0]?.variables).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it('by POST without any body is its query', async () => {
    expect((await ask(`/v1/cti/${TOKEN}/ended?a=1`, { method: 'POST' })).statusCode).toBe(200);
    expect(ingested[0]?.variables).toEqual([['a', '1']]);
  });

  it('keeps everything behind the first question mark', async () => {
    await ask(`/v1/cti/${TOKEN}/ended?audio=http://h/r?id=5&destino=3501`);
    expect(ingested[0]?.variables).toEqual([
      ['audio', 'http://h/r?id=5'],
      ['destino', '3501'],
    ]);
  });

  it.each(['HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'] as const)('by %s is none', async (method) => {
    expect((await ask(GOOD, { method })).statusCode).toBe(404);
    expect(ingested).toEqual([]);
  });
});

describe('threat 5 what is refused', () => {
  it.each([
    ['an unknown token', `/v1/cti/other/ended?${'x'.repeat(9)}`, 404, 'not_found'],
    ['an endless token', `/v1/cti/${'x'.repeat(999)}/ended`, 404, 'not_found'],
    ['an unknown kind', `/v1/cti/${TOKEN}/ringing`, 404, 'not_found'],
    ['a kind of every object', `/v1/cti/${TOKEN}/__proto__`, 404, 'not_found'],
    ['a broken address', '/v1/cti/%ZZ/ended', 400, 'bad_request'],
    ['the root', '/', 404, 'not_found'],
  ])('%s', async (_, url, status, code) => {
    expect(refusal(await ask(url))).toEqual([status, code]);
    expect(ingested).toEqual([]);
  });

  it('R42 a company that is switched off', async () => {
    profile = newProfile(false);
    expect(refusal(await ask(GOOD))).toEqual([403, 'tenant_disabled']);
    expect(ingested).toEqual([]);
  });

  it('a body that is too large or broken', async () => {
    const post = (payload: string) =>
      ask(`/v1/cti/${TOKEN}/ended`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        payload,
      });
    expect(refusal(await post(`{"a":"${'x'.repeat(1_024)}"}`))).toEqual([413, 'payload_too_large']);
    expect(refusal(await post('{"a":'))).toEqual([400, 'bad_request']);
  });

  it('what says nothing about a call, in the words of who configured it', async () => {
    ingest = () => Promise.reject(new WireError('bad_request', 'the callback names no call'));
    expect(refusal(await ask(GOOD))).toEqual([400, 'bad_request']);
  });
});

describe('I3 what is not the CTI’s fault', () => {
  it.each<[string, () => void]>([
    [
      'the directory',
      () => {
        lookup = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:5432'));
      },
    ],
    [
      'Redis',
      () => {
        ingest = () => Promise.reject(new Error('Command timed out for 4732100123'));
      },
    ],
    [
      'a bug',
      () => {
        ingest = () => {
          throw new TypeError('undefined is not a function');
        };
      },
    ],
  ])('%s: 503, never 4xx, and nothing told about why', async (_, fail) => {
    fail();
    const reply = await ask(GOOD);
    expect(refusal(reply)).toEqual([503, 'unavailable']);
    expect(reply.headers['retry-after']).toBe('1');
    expect(reply.body).not.toMatch(/10\.0\.0\.7|4732100123|undefined/);
    expect(noted[0]).toMatch(/^requestFailed /);
  });
});

it('I8 no note of a refusal holds the token or the variables', async () => {
  await ask(`/v1/cti/${TOKEN}/ringing?origem=4732100123`);
  profile = newProfile(false);
  await ask(GOOD);
  expect(noted).toHaveLength(2);
  expect(noted.join()).not.toMatch(/canary|4732100123/);
  expect(noted[0]).toContain('/v1/cti/:token/:kind');
});

it('a stop that has begun tells who keeps a connection to open the next one elsewhere, and answers', async () => {
  const told = async () => {
    const { statusCode, headers } = await app.inject(GOOD);
    return [statusCode, headers.connection];
  };
  expect(await told()).toEqual([200, 'keep-alive']);
  stopping = true;
  expect(await told()).toEqual([200, 'close']);
});

it('answers what has come in when it stops, and takes nothing new', async () => {
  let finish: (() => void) | undefined;
  ingest = () =>
    new Promise((resolve) => {
      finish = () => resolve({ callId: 'c', outcome: 'stored' });
    });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const answered = fetch(`http://127.0.0.1:${port}${GOOD}`);
  while (finish === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
  stopping = true;
  const closing = app.close();
  const refused = new Promise<string>((resolve) => {
    const late = connect(port, '127.0.0.1');
    late.on('error', () => resolve('refused'));
    late.on('connect', () => late.end(`GET ${GOOD} HTTP/1.1\r\nhost: x\r\n\r\n`));
    late.on('data', (data) => resolve(String(data).slice(0, 12)));
  });
  expect(['refused', 'HTTP/1.1 503']).toContain(await refused);
  finish();
  expect((await answered).status).toBe(200);
  await closing;
});
