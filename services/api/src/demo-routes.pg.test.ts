import { createSimulator, type Simulator } from '@ramal/simulator';
import { sessionResponse } from '@ramal/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestApi, type TestApi } from '../test/open-test-api.ts';
import { readPageFiles } from './page-files.ts';
import { readPublicScripts } from './public-scripts.ts';

let api: TestApi;
let simulator: Simulator;
beforeAll(async () => {
  simulator = createSimulator({ accounts: [{ name: 'acme', auth: 0 }], webhookUrl: 'http://127.0.0.1:9' });
  const { url } = await simulator.start();
  api = await openTestApi({ demo: { files: await readPageFiles(), simulatorUrl: url } });
});
afterAll(async () => {
  await api.close();
  await simulator.stop();
});

test('the agents of active companies are listed, without any secret', async () => {
  const { status, body, text } = await api.ask({ url: '/demo/agents' });
  expect(status).toBe(200);
  expect(body.incoming).toBe(true);
  expect(body.agents.map((agent: { user: string }) => agent.user)).toEqual(['ana', 'bruno', 'noline', 'gil']);
  expect(text).not.toContain('senha');
});

test('an agent signs in without an API key and reads its own calls', async () => {
  const { status, body } = await api.ask({
    method: 'POST',
    url: '/demo/session',
    payload: { tenant: 'acme', user: 'ana' },
  });
  expect(status).toBe(201);
  const { token } = sessionResponse.parse(body);
  expect((await api.ask({ url: '/v1/calls', credential: token })).status).toBe(200);
});

test('who may not work may not sign in here either', async () => {
  const signIn = async (tenant: string, user: string) =>
    (await api.ask({ method: 'POST', url: '/demo/session', payload: { tenant, user } })).body.error.code;
  expect(await signIn('closed', 'cris')).toBe('tenant_disabled');
  expect(await signIn('acme', 'gone')).toBe('forbidden');
  expect(await signIn('acme', 'nobody')).toBe('not_found');
});

test('an incoming call is placed at the simulator', async () => {
  const { status, body } = await api.ask({
    method: 'POST',
    url: '/demo/incoming',
    payload: { tenant: 'acme', ramal: '3501', from: '47999990000' },
  });
  expect(status).toBe(202);
  expect(simulator.calls().map((call) => call.id)).toContain(body.id);
});

test('a tenant the simulator does not know is said so', async () => {
  const { status, body } = await api.ask({
    method: 'POST',
    url: '/demo/incoming',
    payload: { tenant: 'globex', ramal: '2001', from: '' },
  });
  expect([status, body.error.code]).toEqual([404, 'not_found']);
});

test('the page runs under a policy without inline code, and may reach its gateway', async () => {
  const { status, headers, text } = await api.ask({ url: '/' });
  expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  const policy = String(headers['content-security-policy']);
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("connect-src 'self' ws://127.0.0.1:4100 http://127.0.0.1:");
  expect(policy).not.toContain('unsafe');
  expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|javascript:/i);
});

test('every file a page file names is served, and none writes HTML', async () => {
  const files = await readPageFiles();
  const scripts = await readPublicScripts();
  const paths = [...files, ...scripts].map((file) => file.path);
  for (const { path, contentType, body } of files) {
    const answer = await api.ask({ url: path });
    expect([path, answer.status, answer.headers['content-type']]).toEqual([path, 200, contentType]);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    for (const [, name] of String(body).matchAll(/(?:from '\.|href="|src=")(\/[^"']+)['"]/g)) {
      expect(paths).toContain(name);
    }
    expect(String(body)).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
  }
});

test('the three languages say the same things', async () => {
  const { DICTIONARIES } = (await import(new URL('../public/texts.js', import.meta.url).href)) as {
    DICTIONARIES: Record<string, Record<string, string>>;
  };
  const [first, ...others] = Object.values(DICTIONARIES).map((texts) => Object.keys(texts));
  expect(Object.keys(DICTIONARIES)).toEqual(['pt-BR', 'en', 'es']);
  for (const keys of others) expect(keys).toEqual(first);
});
