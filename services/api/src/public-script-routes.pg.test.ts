import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestApi, type TestApi } from '../test/open-test-api.ts';
import { readPublicScripts } from './public-scripts.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi({ demo: null });
});
afterAll(() => api.close());

test.each(['/ramal.js', '/ramal-popup.js'])(
  'R36 %s is served without the demo page, to pages of any origin',
  async (url) => {
    const { status, headers, text } = await api.ask({ url, headers: { origin: 'https://crm' } });
    expect([status, headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
    });
    expect(text).toContain('ramal-popup');
  },
);

test('R36 the scripts are small: under 34 kB gzipped, client and all', async () => {
  const scripts = await readPublicScripts();
  expect(scripts.map(({ path }) => path)).toEqual(['/ramal.js', '/ramal-popup.js']);
  for (const { gzipped, body } of scripts) {
    expect(gzipped.length).toBeLessThan(34_000);
    expect(gunzipSync(gzipped).equals(body)).toBe(true);
  }
});

test('the scripts make no code of strings, which a strict policy forbids', async () => {
  for (const { body } of await readPublicScripts()) {
    expect(String(body)).not.toMatch(/document\.write|\beval\(|new Function|insertAdjacentHTML|outerHTML/);
  }
});

test.each([
  ['gzip, deflate, br', 'gzip'],
  ['br;q=1.0, gzip;q=0.5', 'gzip'],
  ['gzip;q=0', undefined],
  ['identity', undefined],
  ['br', undefined],
])('for a browser that takes %s it is encoded as %s', async (accepted, encoding) => {
  const { headers } = await api.ask({ url: '/ramal.js', headers: { 'accept-encoding': accepted } });
  expect(headers['content-encoding']).toBe(encoding);
});

test('what a browser has already is not sent again', async () => {
  const gzip = { 'accept-encoding': 'gzip' };
  const { headers } = await api.ask({ url: '/ramal.js', headers: gzip });
  const known = { 'if-none-match': `W/${String(headers['etag'])}` };
  const again = await api.ask({ url: '/ramal.js', headers: { ...gzip, ...known } });
  expect([again.status, again.text]).toEqual([304, '']);
  expect((await api.ask({ url: '/ramal.js', headers: known })).status).toBe(200);
});

test.each(['/ramal/0000/agent.js', '/ramal.js/..%2fpackage.json', '/ramal.mjs'])(
  '%s is not found',
  async (url) => {
    expect((await api.ask({ url })).status).toBe(404);
  },
);
