import { randomBytes } from 'node:crypto';
import { AGENT_TOKEN, CLOSE } from '@ramal/contracts';
import { signAgentToken } from '@ramal/runtime';
import {
  addTokenKey,
  connectStore,
  createMasterKeys,
  createTenantSecrets,
  dropTokenPolicy,
  removeTokenKey,
  setProviderPolicy,
  type Store,
} from '@ramal/store';
import {
  type AgentClient,
  connectAgent,
  type IdentityProvider,
  sleepUntil,
  startIdentityProvider,
} from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

const MASTER_KEY = randomBytes(32);
const BY = 'operator test';
const ISSUER = 'https://id.crm.example';
/** What a revocation promises; a tenth of it is usual on an idle machine. */
const PROMISED_MS = 2_000;
/** A token that ends during a test, and not before it was used, on however busy a machine. */
const SHORT_SEC = 4;

let system: TestStack;
let store: Store;
let provider: IdentityProvider;
const open: AgentClient[] = [];

beforeAll(async () => {
  const env = { OUTBOUND_ALLOW: '127.0.0.0/8', RAMAL_MASTER_KEY: MASTER_KEY.toString('base64') };
  [system, provider] = await Promise.all([
    startTestStack({ only: ['ws-gateway', 'api'], env: { 'ws-gateway': env, api: env } }),
    startIdentityProvider(),
  ]);
  store = connectStore({
    databaseUrl: system.dev.databaseUrl,
    applicationName: 'access-test',
    onPoolError: () => undefined,
  });
});
afterEach(async () => {
  for (const agent of open.splice(0)) agent.cut();
  await store.query('delete from access_revocations');
  await store.query('delete from agent_token_policies');
});
afterAll(async () => {
  await store?.close();
  await provider?.close();
  await system?.stop();
});

async function connect(token: string): Promise<AgentClient> {
  const agent = await connectAgent({ gatewayUrl: system.dev.gatewayUrl, token, timeoutMs: 30_000 });
  open.push(agent);
  return agent;
}
/** How an attempt to connect ends: `ready`, or the error's code. */
const attempt = (token: string) =>
  connect(token).then(
    () => 'ready',
    (error: unknown) => (error as { code?: unknown }).code,
  );
const becomes = (outcome: string, token: () => string | Promise<string>) =>
  sleepUntil(async () => (await attempt(await token())) === outcome, { timeoutMs: 30_000 });
const signed = (user: string, ramal: string, ttlSec?: number) =>
  system.signToken('demo', user, ramal, ttlSec);
const nowSec = () => Math.floor(Date.now() / 1000);
const provided = (ttlSec = 60, over: object = {}) =>
  provider.sign({
    iss: ISSUER,
    aud: 'telephony',
    sub: 'ana',
    tenant: 'demo',
    iat: nowSec(),
    exp: nowSec() + ttlSec,
    ...over,
  });
const useProvider = () =>
  setProviderPolicy(store, 'demo', { url: provider.url, issuer: ISSUER, audience: 'telephony' }, BY);

describe('a revocation', () => {
  test('threat 7 reaches open sockets within two seconds, and their tokens for good', async () => {
    const token = await signed('ana', '3501');
    const [ana, again, bruno] = await Promise.all([
      connect(token),
      connect(token),
      connect(await signed('bruno', '3502')),
    ]);
    const startedMs = performance.now();
    const { status } = await system.api('POST', '/v1/access/revocations', { tenant: 'demo', user: 'ana' });
    expect(status).toBe(201);
    const closed = await Promise.all([ana.closed, again.closed]);
    expect(performance.now() - startedMs).toBeLessThan(PROMISED_MS);
    expect(closed.map(({ code }) => code)).toEqual([CLOSE.authFailed.code, CLOSE.authFailed.code]);
    expect(await attempt(token)).toBe('auth_failed');
    expect(await attempt(await signed('ana', '3501'))).toBe('ready');
    expect(await bruno.request('ping')).toHaveProperty('ts');
  });

  test('is also that a user is switched off: open sockets of the deployment’s own tokens end within two seconds', async () => {
    const token = await signed('ana', '3501');
    const [ana, bruno] = await Promise.all([connect(token), connect(await signed('bruno', '3502'))]);
    const switchAna = (active: boolean) =>
      store.query(`update agents set active = $1 where tenant = 'demo' and user_name = 'ana'`, [active]);
    const startedMs = performance.now();
    await switchAna(false);
    try {
      expect((await ana.closed).code).toBe(CLOSE.authFailed.code);
      expect(performance.now() - startedMs).toBeLessThan(PROMISED_MS);
      expect(await attempt(token)).toBe('auth_failed');
      expect(await bruno.request('ping')).toHaveProperty('ts');
    } finally {
      await switchAna(true);
    }
    await becomes('ready', () => token);
  });

  test('of everyone reaches everyone, by the command line’s way too', async () => {
    const agents = await Promise.all([
      connect(await signed('ana', '3501')),
      connect(await signed('bruno', '3502')),
    ]);
    await system.api('POST', '/v1/access/revocations', { everyone: true });
    const closed = await Promise.all(agents.map((agent) => agent.closed));
    expect(closed.map(({ code }) => code)).toEqual([CLOSE.authFailed.code, CLOSE.authFailed.code]);
  });
});

describe('a tenant with an identity provider', () => {
  test('lets its agents in by its tokens alone; whoever came in otherwise is out', async () => {
    const before = await connect(await signed('ana', '3501'));
    await useProvider();
    expect((await before.closed).code).toBe(CLOSE.authFailed.code);
    const agent = await connect(provided());
    expect(agent.ready.agent).toEqual({ tenant: 'demo', user: 'ana', ramal: '3501' });
    expect(await attempt(await signed('ana', '3501'))).toBe('auth_failed');
    expect(await attempt(provided(60, { tenant: 'vip' }))).toBe('auth_failed');
    expect(await attempt(provided(60, { sub: 'nobody' }))).toBe('auth_failed');
    const session = await system.api('POST', '/v1/sessions', { tenant: 'demo', user: 'ana' });
    expect(session.status).toBe(403);
    const { status } = await system.api('POST', '/v1/access/revocations', { tenant: 'demo', user: 'ana' });
    expect(status).toBe(201);
    expect((await agent.closed).code).toBe(CLOSE.authFailed.code);
    await dropTokenPolicy(store, 'demo', BY);
    await becomes('ready', () => signed('bruno', '3502'));
  });

  test('asks it for its keys once, however many come back', async () => {
    await useProvider();
    await becomes('ready', () => provided());
    const asked = provider.asked();
    // As many as one agent may have at a time.
    const herd = await Promise.all(Array.from({ length: 15 }, () => attempt(provided())));
    expect(herd).toEqual(Array(15).fill('ready'));
    expect(provider.asked()).toBe(asked);
  });

  test('closes a socket at the token’s end, unless it was refreshed', async () => {
    await useProvider();
    await becomes('ready', () => provided());
    const [short, refreshed] = await Promise.all([
      connect(provided(SHORT_SEC)),
      connect(provided(SHORT_SEC)),
    ]);
    await refreshed.request('auth.refresh', { token: provided(600) });
    expect((await short.closed).code).toBe(CLOSE.tokenExpired.code);
    expect(await refreshed.request('ping')).toHaveProperty('ts');
  });
});

test('a tenant with keys of its own takes those alone, has its sessions signed by them, and outlives their rotation', async () => {
  const secrets = createTenantSecrets({ store, masterKeys: createMasterKeys([MASTER_KEY]) });
  const add = (kid: string) => addTokenKey(store, secrets, { tenant: 'demo', kid }, BY);
  const old = await add('old');
  if (old === 'taken') throw new Error('the key is new');
  const byOld = (ttlSec = 60) =>
    signAgentToken({ ...old, ...AGENT_TOKEN, kid: 'old', tenant: 'demo', user: 'ana', ramal: null, ttlSec });
  await becomes('ready', () => byOld());
  expect(await attempt(await signed('ana', '3501'))).toBe('auth_failed');
  const withOld = await connect(await byOld());
  const [short, refreshed] = [await connect(await byOld(SHORT_SEC)), await connect(await byOld(SHORT_SEC))];
  await refreshed.request('auth.refresh', { token: await byOld(600) });
  expect((await short.closed).code).toBe(CLOSE.tokenExpired.code);
  expect(await refreshed.request('ping')).toHaveProperty('ts');

  await add('new');
  const session = () =>
    system
      .api('POST', '/v1/sessions', { tenant: 'demo', user: 'bruno' })
      .then(({ body }) => (body as { token: string }).token);
  const kidOf = (token: string) =>
    (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid?: string }).kid;
  await sleepUntil(async () => kidOf(await session()) === 'new', { timeoutMs: 30_000 });
  await becomes('ready', session);
  const withNew = await connect(await session());
  expect(await attempt(await byOld())).toBe('ready');

  await removeTokenKey(store, { tenant: 'demo', kid: 'old' }, BY);
  expect((await withOld.closed).code).toBe(CLOSE.authFailed.code);
  expect(await attempt(await byOld())).toBe('auth_failed');
  expect(await withNew.request('ping')).toHaveProperty('ts');
});
