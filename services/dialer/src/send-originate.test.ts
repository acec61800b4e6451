import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { AnswerRules } from '@ramal/cti';
import { createOutbound, LOOPBACK, parseAllowList } from '@ramal/outbound';
import { type Answer, createCertificate, startPbx, startTcp, type TestPbx } from '@ramal/testkit';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { originate } from '../test/originate.ts';
import { connectCti } from './connect-cti.ts';
import { sendOriginate } from './send-originate.ts';

const outbound = createOutbound({ allow: parseAllowList(LOOPBACK) });
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});
const keep = <T extends { close(): Promise<void> }>(server: T): T => {
  open.push(server);
  return server;
};
const pbxThat = async (...args: Parameters<typeof startPbx>): Promise<TestPbx> =>
  keep(await startPbx(...args));

async function send(request: ReturnType<typeof originate>, timeoutMs = 2_000) {
  return sendOriginate(request, await connectCti(request, 2_000, outbound), timeoutMs);
}

describe('R32 the request on the wire', () => {
  it.each([
    '/api/clicktodial?origem=3501&destino=4732100123',
    '/?a=*65&b=%2B554732100123&token=a%20b%26c',
    '/a%2Fb/c;d=1/*/!$()?x=[1]&y=:@,~.-_&z=%c3%A9',
    '//double?&&=',
  ])('is byte for byte what was built: %s', async (path) => {
    const pbx = await pbxThat();
    expect(await send(originate(pbx.port, { path }))).toMatchObject({ kind: 'answered', status: 200 });
    expect(pbx.requests.map(({ target }) => target)).toEqual([path]);
  });

  it('I2 nothing leaves when it is too late by the time it would, and the CTI hears nothing but the connection', async () => {
    const pbx = await pbxThat();
    const late = originate(pbx.port, { path: '/late' });
    const socket = await connectCti(late, 2_000, outbound);
    expect(await sendOriginate(late, socket, 2_000, undefined, () => false)).toEqual({ kind: 'late' });
    // Sentinel: what was sent before it would have come before it.
    expect(await send(originate(pbx.port, { path: '/next' }))).toMatchObject({ status: 200 });
    expect(pbx.requests.map(({ target }) => target)).toEqual(['/next']);
  });

  it('R31 carries the credentials under their names, and little else', async () => {
    const pbx = await pbxThat();
    const headers = { Authorization: 'Basic YTpi', token_auth: 'To ken+/=' };
    await send(originate(pbx.port, { headers }));
    const raw = pbx.requests[0]?.headers ?? [];
    const pairs = Object.fromEntries(
      raw.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1]]] : [])),
    );
    expect(pairs).toEqual({
      host: `127.0.0.1:${pbx.port}`,
      authorization: 'Basic YTpi',
      token_auth: 'To ken+/=',
      'user-agent': 'Ramal',
      accept: '*/*',
      connection: 'close',
    });
    expect(raw).toContain('token_auth');
  });

  it('R23 POST keeps the variables in the URL and has no body', async () => {
    const pbx = await pbxThat();
    await send(originate(pbx.port, { method: 'POST' }));
    expect(pbx.requests).toMatchObject([
      { method: 'POST', target: '/api/clicktodial?origem=3501&destino=4732100123', body: '' },
    ]);
    const raw = pbx.requests[0]?.headers.map((text) => text.toLowerCase()) ?? [];
    expect(raw[raw.indexOf('content-length') + 1]).toBe('0');
    expect(raw).not.toContain('transfer-encoding');
  });

  const certificate = createCertificate();
  it.skipIf(certificate === null)('goes over TLS too, on the connection that was opened', async () => {
    const pbx = await pbxThat(undefined, certificate ?? undefined);
    // Trusting the certificate is the system's business; here the handshake is made without.
    const { connect } = await import('node:tls');
    const socket = connect({ host: '127.0.0.1', port: pbx.port, rejectUnauthorized: false });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    const request = originate(pbx.port, { protocol: 'https' });
    expect(await sendOriginate(request, socket, 2_000)).toMatchObject({ kind: 'answered', status: 200 });
    expect([pbx.requests.length, pbx.connections]).toEqual([1, 1]);
  });
});

describe('I1 exactly one request leaves, whatever comes back', () => {
  const statuses = [200, 204, 301, 302, 307, 308, 400, 401, 404, 408, 413, 429, 500, 502, 503, 504];
  it.each(statuses)('status %s', async (status) => {
    const trap = await pbxThat();
    const pbx = await pbxThat((_, response) => {
      response.writeHead(status, { location: `http://127.0.0.1:${trap.port}/`, 'retry-after': '0' });
      response.end(status === 204 ? undefined : 'no');
    });
    expect(await send(originate(pbx.port))).toMatchObject({ kind: 'answered', status });
    expect([pbx.requests.length, pbx.connections, trap.connections]).toEqual([1, 1, 0]);
  });

  it.each([
    ['a reset after the request', 'reset', (socket: Socket) => socket.resetAndDestroy()],
    ['a close without an answer', 'reset', (socket: Socket) => socket.end()],
    ['an answer that is no HTTP', 'reset', (socket: Socket) => socket.end('hello\r\n\r\n')],
    ['half an answer', 'reset', (socket: Socket) => socket.end('HTTP/1.1 200 O')],
  ])('%s', async (_, kind, react) => {
    let connections = 0;
    let heard = '';
    const pbx = keep(
      await startTcp((socket) => {
        connections += 1;
        socket.on('data', (data) => {
          heard += String(data);
          react(socket);
        });
      }),
    );
    expect(await send(originate(pbx.port))).toMatchObject({ kind });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(connections).toBe(1);
    expect(heard.match(/GET \//g)).toHaveLength(1);
  });

  it('on a connection that is gone already it is a reset at once', async () => {
    const rude = keep(await startTcp((socket) => socket.destroy()));
    const request = originate(rude.port);
    const socket = await connectCti(request, 2_000, outbound);
    await new Promise((resolve) => socket.resume().once('close', resolve));
    const startedMs = performance.now();
    expect(await sendOriginate(request, socket, 5_000)).toMatchObject({ kind: 'reset' });
    expect(performance.now() - startedMs).toBeLessThan(4_500);
  });

  it('a mute CTI, in time', async () => {
    const pbx = await pbxThat(() => undefined);
    const startedMs = performance.now();
    expect(await send(originate(pbx.port), 200)).toEqual({ kind: 'timeout', code: 'HEAD_TIMEOUT' });
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect([pbx.requests.length, pbx.connections]).toEqual([1, 1]);
  });

  it('one that answers and then never ends: the answer counts', async () => {
    const pbx = await pbxThat((_, response) => {
      response.writeHead(200);
      response.write('working on it');
    });
    expect(await send(originate(pbx.port), 300)).toMatchObject({ kind: 'answered', status: 200 });
  });

  it('one that sends its answer byte by byte does not outlast the time', async () => {
    const pbx = keep(
      await startTcp((socket) => {
        const timer = setInterval(() => socket.write('H'), 20);
        socket.on('close', () => clearInterval(timer));
      }),
    );
    const startedMs = performance.now();
    const answer = await send(originate(pbx.port), 300);
    expect(['timeout', 'reset']).toContain(answer.kind);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});

describe('a hostile answer', () => {
  it('of ten megabytes is not read to its end', async () => {
    let sentBytes = 0;
    const pbx = await pbxThat((_, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const more = () => {
        while (sentBytes < 10 * 1024 * 1024 && !response.destroyed) {
          sentBytes += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    expect(await send(originate(pbx.port))).toMatchObject({ kind: 'answered', status: 200 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sentBytes).toBeLessThan(9 * 1024 * 1024);
  });

  it('that unpacks to gigabytes is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024));
    const pbx = await pbxThat((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(bomb);
    });
    const before = process.memoryUsage().arrayBuffers;
    expect(await send(originate(pbx.port))).toMatchObject({ kind: 'answered', status: 200 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });

  it('with endless headers is a reset', async () => {
    const pbx = keep(
      await startTcp((socket) => {
        socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`));
      }),
    );
    expect(await send(originate(pbx.port))).toMatchObject({ kind: 'reset' });
  });

  it('that wants another protocol is an answer too', async () => {
    const pbx = keep(
      await startTcp((socket) => {
        socket.on('data', () =>
          socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
        );
      }),
    );
    expect(await send(originate(pbx.port))).toMatchObject({ kind: 'answered', status: 101 });
  });
});

describe('every phase has its end, and its own code', () => {
  /** A CTI that says this as soon as it is asked, and then what `more` says, until the connection is gone. */
  async function ctiThat(says: string | Buffer, more?: string): Promise<number> {
    const cti = await startTcp((socket) => {
      let timer: NodeJS.Timeout | undefined;
      socket.once('data', () => {
        socket.write(says);
        if (more !== undefined) timer = setInterval(() => socket.write(more), 5);
      });
      socket.on('close', () => clearInterval(timer));
    });
    return keep(cti).port;
  }
  const HEAD = 'HTTP/1.1 200 OK\r\n';

  it('one that stops reading in the middle of the request', async () => {
    const sockets: Socket[] = [];
    const cti = keep(
      await startTcp((socket) => {
        sockets.push(socket.pause());
      }),
    );
    const request = originate(cti.port, { path: `/${'x'.repeat(32 * 1024 * 1024)}` });
    expect(await send(request, 300)).toEqual({ kind: 'timeout', code: 'SEND_TIMEOUT' });
  });

  it.each([
    ['nothing', '', undefined],
    ['a status line that does not end', 'HTTP/1.1 2', undefined],
    ['headers that drip and never end', HEAD, 'x: y\r\n'],
    ['a preliminary answer and no other', 'HTTP/1.1 100 Continue\r\n\r\n', undefined],
  ])('%s', async (_, says, more) => {
    const answer = await send(originate(await ctiThat(says, more)), 300);
    expect(answer).toEqual({ kind: 'timeout', code: 'HEAD_TIMEOUT' });
  });

  it.each([
    ['preliminary answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100_000), 'TOO_MANY_1XX'],
    ['early hints without end', 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'.repeat(50_000), 'TOO_MANY_1XX'],
    ['too large a header', `${HEAD}x: ${'y'.repeat(20_000)}\r\n\r\n`, 'HPE_HEADER_OVERFLOW'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^HPE_/],
    ['settings of HTTP/2', Buffer.from('000012040000000000000300000064', 'hex'), /^HPE_/],
    ['a TLS alert', Buffer.from('15030100020228', 'hex'), /^HPE_/],
    ['zeros', Buffer.alloc(100_000), /^HPE_/],
    ['two lengths', `${HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\nx`, /^HPE_/],
    ['a header of two lines', `${HEAD}x: a\r\n b\u0000c\r\n\r\n`, /^HPE_/],
  ])('%s is a reset that says why', async (_, says, code) => {
    const answer = await send(originate(await ctiThat(says)));
    expect(answer).toEqual({ kind: 'reset', code: expect.stringMatching(code) });
  });

  it.each([
    ['no length and no end', 'hello'],
    ['a length that is never reached', 'content-length: 500\r\n\r\nhello'],
    ['chunks that never end', 'transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'],
    ['a chunk of a terabyte', 'transfer-encoding: chunked\r\n\r\nfffffffff\r\nhello'],
    ['broken chunks', 'transfer-encoding: chunked\r\n\r\nzz\r\nhello'],
    ['a length that is no number', ''],
  ])('a body with %s: the status counts all the same', async (what, body) => {
    const text = what.startsWith('a length that is no') ? '' : body.includes('\r\n') ? body : `\r\n${body}`;
    const answer = await send(originate(await ctiThat(`${HEAD}${text === '' ? 'x: y\r\n\r\n' : text}`)));
    expect(answer).toMatchObject({ kind: 'answered', status: 200 });
  });

  it('a body that drips is waited for a second at most', async () => {
    const port = await ctiThat(`${HEAD}\r\n`, 'x');
    const startedMs = performance.now();
    expect(await send(originate(port), 60_000)).toMatchObject({ kind: 'answered', status: 200 });
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it('whatever bytes come, it is an answer of some kind', async () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.from(data));
    const says = fc.oneof(
      bytes,
      bytes.map((data) => Buffer.concat([Buffer.from(HEAD), data])),
      bytes.map((data) =>
        Buffer.concat([Buffer.from(`${HEAD}content-type: application/json\r\n\r\n`), data]),
      ),
    );
    let now = Buffer.alloc(0);
    const cti = keep(await startTcp((socket) => socket.once('data', () => socket.end(now))));
    await fc.assert(
      fc.asyncProperty(says, async (data) => {
        now = data;
        const answer = await send(originate(cti.port), 1_000);
        expect(['answered', 'reset', 'timeout']).toContain(answer.kind);
      }),
      { numRuns: 200 },
    );
  });
});

describe('what the answer tells beyond its status', () => {
  const rules: AnswerRules = {
    id: { pointer: '/call/id' },
    reasons: [['sem credito', 'cti_rejected']],
  };
  const sendTo = async (answer: Answer) => {
    const request = originate((await pbxThat(answer)).port);
    return sendOriginate(request, await connectCti(request, 2_000, outbound), 2_000, rules);
  };

  it("the CTI's id of the call", async () => {
    const answer = await sendTo((_, response) => response.end('{"call":{"id":17.120}}'));
    expect(answer).toMatchObject({ kind: 'answered', status: 200, externalCallId: '17.120' });
  });

  it('an error in an answer that says 200', async () => {
    const answer = await sendTo((_, response) => response.end('{"erro":"Sem cr\\u00e9dito"}'));
    expect(answer).toMatchObject({ kind: 'answered', status: 200, reason: 'cti_rejected' });
  });

  it('what came before the body was given up', async () => {
    const answer = await sendTo((_, response) => {
      response.writeHead(200);
      response.write('sem credito');
    });
    expect(answer).toMatchObject({ kind: 'answered', status: 200, reason: 'cti_rejected' });
  });

  it('of a large one the first 64 KiB, whatever the chunks', async () => {
    const at = (bytes: number) =>
      sendTo((_, response) => response.end(`${'x'.repeat(bytes)}sem credito${'x'.repeat(1_000_000)}`));
    expect(await at(64 * 1024 - 11)).toMatchObject({ status: 200, reason: 'cti_rejected' });
    expect(await at(64 * 1024 - 10)).not.toHaveProperty('reason');
  });

  it('of a packed one nothing', async () => {
    const answer = await sendTo((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync('{"call":{"id":"17"}}'));
    });
    expect(answer).not.toHaveProperty('externalCallId');
  });
});

it('threat 2 a proxy of the environment is not asked', async () => {
  const proxy = createServer((_, response) => response.end());
  let asked = 0;
  proxy.on('connection', () => {
    asked += 1;
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as { port: number };
  const names = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];
  for (const name of names) process.env[name] = `http://127.0.0.1:${port}`;
  try {
    const pbx = await pbxThat();
    expect(await send(originate(pbx.port))).toMatchObject({ kind: 'answered' });
    expect([pbx.requests.length, asked]).toEqual([1, 0]);
  } finally {
    for (const name of names) delete process.env[name];
    proxy.close();
  }
});

it('I8 nothing that goes wrong tells the number, the address or a credential', async () => {
  const rude = keep(await startTcp((socket) => socket.on('data', () => socket.resetAndDestroy())));
  const headers = { Authorization: 'Basic Y2FuYXJ5' };
  const answer = await send(originate(rude.port, { headers }));
  expect(JSON.stringify(answer)).not.toMatch(/4732100123|127\.0\.0\.1|Y2FuYXJ5/);
});
