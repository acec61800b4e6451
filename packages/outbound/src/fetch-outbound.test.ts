import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type Answer, createCertificate, sleepUntil, startPbx, startTcp, type TestPbx } from '@ramal/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { LOOPBACK, parseAllowList } from './allow-list.ts';
import { createOutbound } from './create-outbound.ts';

const { fetchOutbound } = createOutbound({ allow: parseAllowList(LOOPBACK) });
/** A process of its own needs what is built. */
const DIST = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});
const keep = <T extends { close(): Promise<void> }>(server: T): T => {
  open.push(server);
  return server;
};
const webThat = async (answer?: Answer): Promise<TestPbx> => keep(await startPbx(answer));
/** A server that says this to whoever asks, and keeps the connection. */
const says = async (text: string): Promise<number> =>
  keep(await startTcp((socket) => void socket.once('data', () => socket.write(text)))).port;
const get = (port: number, path = '/', more: Partial<Parameters<typeof fetchOutbound>[1]> = {}) =>
  fetchOutbound(`http://127.0.0.1:${port}${path}`, { timeoutMs: 10_000, maxBytes: 1_000, ...more });

describe('a URL', () => {
  it('is asked for once, by its path and query, with the headers given', async () => {
    const web = await webThat((_, response) => {
      response.writeHead(203, { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] });
      response.end('{"keys":[]}');
    });
    const fetched = await get(web.port, '/keys?x=1#here', {
      headers: { accept: 'application/json', host: 'other' },
    });
    expect(fetched).toMatchObject({
      status: 203,
      headers: { 'content-type': 'application/json', 'set-cookie': 'a=1, b=2' },
      body: Buffer.from('{"keys":[]}'),
    });
    expect(web.requests).toMatchObject([{ method: 'GET', target: '/keys?x=1', body: '' }]);
    const headers = web.requests[0]?.headers.map((text) => text.toLowerCase()) ?? [];
    const valueOf = (name: string) => headers[headers.indexOf(name) + 1];
    expect(['host', 'accept', 'accept-encoding', 'connection'].map(valueOf)).toEqual([
      `127.0.0.1:${web.port}`,
      'application/json',
      'identity',
      'close',
    ]);
  });

  it.each([
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'javascript:0',
    'http://',
    '//127.0.0.1/',
    '127.0.0.1',
    '',
    'http://ana@127.0.0.1/',
    'http://ana:senha@127.0.0.1/',
    'http://:senha@127.0.0.1/',
    'http://[fe80::1%25lo]/',
    'http://127.0.0.1:99999/',
    'http://xn--a/',
  ])('threat 2 %j is none to ask', async (url) => {
    await expect(fetchOutbound(url, { timeoutMs: 1_000, maxBytes: 1 })).rejects.toMatchObject({
      code: 'URL_INVALID',
    });
  });

  it('with a header that would be two is not asked for', async () => {
    const web = await webThat();
    await expect(get(web.port, '/', { headers: { x: 'a\r\ny: b' } })).rejects.toMatchObject({
      code: 'ERR_INVALID_CHAR',
    });
    expect(web.requests).toEqual([]);
  });

  const certificate = createCertificate();
  it.skipIf(certificate === null)('over TLS needs a certificate that somebody vouches for', async () => {
    const web = keep(await startPbx(undefined, certificate ?? undefined));
    const url = `https://127.0.0.1:${web.port}/`;
    await expect(fetchOutbound(url, { timeoutMs: 10_000, maxBytes: 10 })).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(web.requests).toEqual([]);
  });
});

describe('threat 2 what comes back', () => {
  it.each([301, 302, 303, 307, 308])(
    'a redirect (%s) to metadata is an answer, and not followed',
    async (status) => {
      const trap = await webThat();
      for (const location of [`http://127.0.0.1:${trap.port}/`, 'http://169.254.169.254/latest/meta-data/']) {
        const web = await webThat((_, response) => response.writeHead(status, { location }).end());
        expect(await get(web.port)).toMatchObject({ status, headers: { location } });
        expect([web.requests.length, web.connections, trap.connections]).toEqual([1, 1, 0]);
      }
    },
  );

  it('a body that is packed stays packed', async () => {
    const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024));
    const web = await webThat((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(bomb);
    });
    expect((await get(web.port, '/', { maxBytes: bomb.length })).body).toEqual(bomb);
  });

  it('a body of just as many bytes as allowed is taken, of one more refused, told of or not', async () => {
    const web = await webThat((request, response) => {
      if (request.url === '/told') response.setHeader('content-length', 1_001);
      response.write('x'.repeat(1_000));
      if (request.url !== '/fits') response.write('x');
      response.end();
    });
    expect((await get(web.port, '/fits')).body).toHaveLength(1_000);
    for (const path of ['/told', '/untold']) {
      await expect(get(web.port, path)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    }
  });

  it('a body without end is left at the limit, and the connection closed', async () => {
    let closed = false;
    const web = await webThat((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(Buffer.alloc(64 * 1024)), 1);
      response.on('close', () => {
        closed = true;
        clearInterval(timer);
      });
    });
    await expect(get(web.port)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    await sleepUntil(() => closed);
  });

  it.each([
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\nx: y\r\n'],
    ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'],
  ])('%s is waited for until the time is up', async (_, text) => {
    const failing = get(await says(text), '/', { timeoutMs: 300 });
    await expect(failing).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it.each([
    ['preliminary answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000), 'TOO_MANY_1XX'],
    ['another protocol', 'HTTP/1.1 101 S\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', 'UPGRADE'],
    ['too large a head', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 'HPE_HEADER_OVERFLOW'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', /^HPE_/],
  ])('%s is a failure that says why', async (_, text, code) => {
    await expect(get(await says(text))).rejects.toMatchObject({ code: expect.stringMatching(code) });
  });

  it.each([
    ['at once', (socket: Socket) => socket.destroy()],
    ['with a reset', (socket: Socket) => socket.resetAndDestroy()],
    ['in the body', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx')],
  ])('a connection that is closed %s is a failure', async (_, react) => {
    const rude = keep(await startTcp((socket) => void socket.once('data', () => react(socket))));
    await expect(get(rude.port)).rejects.toMatchObject({
      code: expect.stringMatching(/^(ECONNRESET|BODY_CUT)$/),
    });
  });
});

it('threat 2 a proxy of the environment is not asked, whatever Node is told to do with it', async () => {
  const proxy = createServer((_, response) => response.end('proxy'));
  let asked = 0;
  proxy.on('connection', () => {
    asked += 1;
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  keep({ close: () => new Promise<void>((resolve) => proxy.close(() => resolve())) });
  const { port } = proxy.address() as { port: number };
  const web = await webThat((_, response) => response.end('web'));
  const url = `http://127.0.0.1:${port}`;
  const names = ['http_proxy', 'https_proxy', 'all_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];
  // A process of its own: Node reads these at its start.
  const program = `
    import { createOutbound, LOOPBACK, parseAllowList } from ${JSON.stringify(DIST)};
    const { fetchOutbound } = createOutbound({ allow: parseAllowList(LOOPBACK) });
    const { body } = await fetchOutbound('http://127.0.0.1:${web.port}/', { timeoutMs: 10_000, maxBytes: 100 });
    process.stdout.write(String(body));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    env: { ...process.env, ...Object.fromEntries(names.map((name) => [name, url])), NODE_USE_ENV_PROXY: '1' },
  });
  expect([stdout, asked]).toEqual(['web', 0]);
});
