import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestApi, type TestApi } from '../test/open-test-api.ts';
import { readDropIn } from './drop-in-files.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ demo: null });
});
afterAll(() => api.close());

test('R36 the drop-in script is served without the agent page, to pages of any origin', async () => {
  const { status, headers, text } = await api.ask({ url: '/ramal.js', headers: { origin: 'https://crm' } });
  expect([status, headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
  expect(headers).toMatchObject({
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
    'x-content-type-options': 'nosniff',
  });
  const { version } = await readDropIn();
  expect(text).toContain(`const VERSION = '${version}';`);
});

test('R36 every module the script loads is there, by its version and kept for good', async () => {
  const { version, modules } = await readDropIn();
  const wanted = new Set(['drop-in.js']);
  for (const name of wanted) {
    const { status, headers, text } = await api.ask({ url: `/ramal/${version}/${name}` });
    expect([name, status, headers['access-control-allow-origin']]).toEqual([name, 200, '*']);
    expect(headers['cache-control']).toContain('immutable');
    for (const [, imported] of text.matchAll(/from '\.\/([^']+)'/g)) wanted.add(imported ?? '');
    expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/);
  }
  expect([...wanted].toSorted()).toEqual([...modules.keys()].toSorted());
});

test('a module under the version of another deployment is ours, and not kept', async () => {
  const { status, headers } = await api.ask({ url: '/ramal/0000/drop-in.js' });
  expect([status, headers['cache-control']]).toEqual([200, 'no-cache']);
});

test('what a browser has already is not sent again', async () => {
  const { headers } = await api.ask({ url: '/ramal.js' });
  const again = await api.ask({
    url: '/ramal.js',
    headers: { 'if-none-match': `W/${String(headers['etag'])}` },
  });
  expect([again.status, again.text]).toEqual([304, '']);
});

test.each(['/ramal/0000/agent.js', '/ramal/0000/..%2fpackage.json', '/ramal/0000/'])(
  '%s is not found',
  async (url) => {
    expect((await api.ask({ url })).status).toBe(404);
  },
);
