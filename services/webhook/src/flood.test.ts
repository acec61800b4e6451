import type { TenantLookup, TenantProfile } from '@ramal/store';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestDoor, type TestDoorOptions } from '../test/create-test-door.ts';
import { newProfile } from '../test/open-test-ingest.ts';
import { type AppDeps, createApp } from './app.ts';
import type { Events } from './events.ts';

let app: FastifyInstance;
let shed: string[];
let looked: number;
const profiles: Record<string, TenantProfile> = { a: newProfile(), b: newProfile() };

function open(door: Partial<TestDoorOptions>, ingest: AppDeps['ingest']): void {
  [shed, looked] = [[], 0];
  const events: Events = {
    received: () => undefined,
    unknownVariables: () => undefined,
    refused: () => undefined,
    callerRefused: () => undefined,
    shed: (limit) => shed.push(limit),
    wconnectAnswered: () => undefined,
    conflictRetried: () => undefined,
    requestFailed: () => undefined,
    backgroundFailed: () => undefined,
  };
  const lookup: TenantLookup = {
    async byCallbackToken(token, mayAsk = () => true) {
      const known = profiles[token] ?? null;
      if (known === null && mayAsk()) looked += 1;
      return known;
    },
    tenant: async () => null,
    profile: async () => null,
    known: () => null,
    forget: () => undefined,
    credentials: async () => null,
  };
  app = createApp({
    door: createTestDoor({ lookup, events, ...door }),
    events,
    ingest,
    readRamalState: () => Promise.reject(new Error('not asked for here')),
    maxBodyBytes: 1_024,
    requestTimeoutMs: 10_000,
    connections: { most: 1_000, mostPerAddress: null },
    isStopping: () => false,
    publicUrl: undefined,
  });
}
afterEach(() => app.close());

const send = async (token: string, over: object = {}) => {
  const { statusCode, headers } = await app.inject({ url: `/v1/cti/${token}/ended?origem=1`, ...over });
  return { status: statusCode, retryAfter: headers['retry-after'] };
};

describe('threat 9 I3 a company that floods', () => {
  it('is put off by 503, never a 4xx, while another one’s callbacks are answered at once', async () => {
    const waiting: (() => void)[] = [];
    const tenantA = profiles['a']?.tenant.tenant;
    open({ lanes: { concurrency: 10, queue: 40 } }, async (profile) => {
      // The flooded company's Redis script is slow today.
      if (profile.tenant.tenant === tenantA) await new Promise<void>((resolve) => waiting.push(resolve));
      return { callId: 'c', outcome: 'stored' };
    });
    const flood = Promise.all(Array.from({ length: 300 }, () => send('a')));
    for (let i = 0; i < 20; i++) expect((await send('b')).status).toBe(200);
    expect(waiting).toHaveLength(10);
    let done = false;
    const ended = flood.finally(() => (done = true));
    while (!done) {
      for (const go of waiting.splice(0)) go();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const answers = await ended;
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(50);
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(250);
    expect(answers.every(({ status, retryAfter }) => status === 200 || retryAfter === '1')).toBe(true);
    expect(new Set(shed)).toEqual(new Set(['tenant_queue']));
  });
});

describe('threat 9 an address that floods', () => {
  const stored = async () => ({ callId: 'c', outcome: 'stored' as const });
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

  it('is put off by 503 alone', async () => {
    open({ trustedProxies: 1, gate: { requestsPerSec: 1 } }, stored);
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push((await send('a', from('203.0.113.1'))).status);
    expect(answers.slice(0, 2)).toEqual([200, 200]);
    expect(answers).toContain(503);
    expect(new Set(answers)).toEqual(new Set([200, 503]));
    expect((await send('a', from('203.0.113.2'))).status).toBe(200);
    expect(new Set(shed)).toEqual(new Set(['address_rate']));
  });

  it('with made-up tokens gets its 404 without a look into the database, and a good token is still one', async () => {
    open({ trustedProxies: 1, gate: { triesPerSec: 1 } }, stored);
    for (let i = 0; i < 200; i++) expect((await send(`made-up-${i}`, from('203.0.113.1'))).status).toBe(404);
    // Five at once and one a second: the 200 take well below a minute.
    expect(looked).toBeGreaterThanOrEqual(5);
    expect(looked).toBeLessThan(65);
    expect((await send('a', from('203.0.113.1'))).status).toBe(200);
    expect(new Set(shed)).toEqual(new Set(['unknown_tokens']));
  });

  it('can’t pass for others by what it writes into X-Forwarded-For', async () => {
    open({ trustedProxies: 1, gate: { requestsPerSec: 1 } }, stored);
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push((await send('a', from(`10.0.0.${i}, 203.0.113.1`))).status);
    expect(answers).toContain(503);
  });
});
