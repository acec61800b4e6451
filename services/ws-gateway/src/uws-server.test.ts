import { once } from 'node:events';
import { request } from 'node:http';
import { SUBPROTOCOL } from '@ramal/contracts';
import { openHostile, sleepUntil, toFrameBytes } from '@ramal/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openAdmission } from '../test/admit-socket.ts';
import { createAdmission } from './admission.ts';
import { loadUws } from './uws-module.ts';
import { type AgentSocket, startUwsServer } from './uws-server.ts';

const MAX_FRAME = 1_024;
const SILENCE_MS = 1_600;
let port: number;
let close: () => void;
let accepting = true;
/** One that lets everything through, unless a test puts another in its place. */
let admission = openAdmission();
const refusals: string[] = [];
let silent = 0;
/** Everything the handlers got, and the sockets they got it from. */
let received: (string | null)[] = [];
let controls: number[] = [];
let addresses: string[] = [];
let closes: Map<AgentSocket, number[]>;
let sockets: AgentSocket[] = [];

beforeAll(async () => {
  ({ port, close } = await startUwsServer({
    uws: loadUws().uws,
    host: '127.0.0.1',
    port: 0,
    maxBackpressureBytes: 64 * 1024,
    maxFrameBytes: MAX_FRAME,
    isOriginAllowed: (origin) => origin === 'https://crm.example',
    admission: { admit: (address) => admission.admit(address), counts: () => admission.counts() },
    trustedHops: 1,
    silenceMs: SILENCE_MS,
    onRefused: (reason) => void refusals.push(reason),
    onSilent: () => {
      silent += 1;
    },
    isAccepting: () => accepting,
    onOpen(socket, { remoteAddress }) {
      sockets.push(socket);
      addresses.push(remoteAddress);
      const codes: number[] = [];
      closes.set(socket, codes);
      return {
        onMessage: (text) => void received.push(text),
        onControl: (bytes) => void controls.push(bytes),
        onClose: (code) => void codes.push(code),
      };
    },
  }));
});
afterAll(() => close());
beforeEach(() => {
  accepting = true;
  admission = openAdmission();
  received = [];
  controls = [];
  addresses = [];
  refusals.length = 0;
  silent = 0;
  closes = new Map();
  sockets = [];
});

const url = () => `ws://127.0.0.1:${port}/v1/agent`;
async function connect(protocols: string[] = [SUBPROTOCOL], headers: Record<string, string> = {}) {
  const client = new WebSocket(url(), protocols, { headers });
  await once(client, 'open');
  const server = await sleepUntil(() => sockets.at(-1));
  return { client, server };
}
/** The status of a handshake that is refused. */
function refusal(
  protocols: string[] = [SUBPROTOCOL],
  headers: Record<string, string> = {},
): Promise<number | undefined> {
  const client = new WebSocket(url(), protocols, { headers });
  return new Promise((resolve) => {
    client.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode);
    });
    client.on('error', () => undefined);
    client.on('open', () => resolve(101));
  });
}

describe('the handshake', () => {
  it('runs on the native build here, or says so', () => {
    const { name, native } = loadUws();
    expect(['uws-modern', 'uws-debian12']).toContain(name);
    expect(native).toBe(true);
  });

  it('agrees on the subprotocol, and does without', async () => {
    const { client } = await connect(['other', SUBPROTOCOL]);
    expect(client.protocol).toBe(SUBPROTOCOL);
    client.close();
    const bare = await connect([]);
    expect(bare.client.protocol).toBe('');
    bare.client.close();
  });

  it('threat 8 a page of another origin is turned away, a program without one is not', async () => {
    expect(await refusal([SUBPROTOCOL], { origin: 'https://evil.example' })).toBe(403);
    expect(await refusal([SUBPROTOCOL], { origin: 'null' })).toBe(403);
    const { client } = await connect([SUBPROTOCOL], { origin: 'https://crm.example' });
    client.close();
  });

  it('an unknown subprotocol is turned away', async () => {
    expect(await refusal(['ramal.v9'])).toBe(400);
  });

  it('nobody is taken in while it stops', async () => {
    accepting = false;
    expect(await refusal()).toBe(503);
  });

  it('threat 9 is refused with a status and a time to wait where a limit says so', async () => {
    const limits = {
      socketsPerIp: 1,
      unauthenticatedPerIp: 0,
      handshakesPerMinutePerIp: 3,
      socketsPerTenant: 0,
    };
    admission = createAdmission({ ...limits, unauthenticated: 2 }, () => 0);
    const open = (address: string) =>
      openHostile(url(), { headers: [`X-Forwarded-For: 9.9.9.9, ${address}`] });
    const tried = [];
    for (const n of [1, 1, 1, 1, 2, 3]) tried.push(await open(`192.0.2.${n}`));
    const seen = tried.map(({ status, headers }) => [status, headers['retry-after']]);
    expect(seen).toEqual([
      [101, undefined],
      [429, '1'],
      [429, '1'],
      [429, '20'],
      [101, undefined],
      [503, '1'],
    ]);
    expect(refusals).toEqual(['sockets_per_ip', 'sockets_per_ip', 'handshakes_per_ip', 'unauthenticated']);
    // Who is refused is not kept.
    await Promise.all(tried.filter(({ status }) => status !== 101).map(({ ended }) => ended));
    tried[0]?.cut();
    await sleepUntil(() => sockets[0]?.closed);
    expect((await open('192.0.2.4')).status).toBe(101);
    for (const socket of tried) socket.cut();
  });

  it('threat 9 tells who connects by the proxies that are trusted, however they write it', async () => {
    const sent = [
      ['X-Forwarded-For: 6.6.6.6, 192.0.2.1'],
      ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: 192.0.2.2'],
      ['X-Forwarded-For: somebody'],
      [],
    ];
    for (const headers of sent) (await openHostile(url(), { headers })).cut();
    expect(addresses).toEqual(['192.0.2.1', '192.0.2.2', '127.0.0.1', '127.0.0.1']);
  });

  it('threat 9 what is no WebSocket does not stay connected', async () => {
    const client = await openHostile(url(), { path: '/metrics' });
    expect(client.status).toBe(404);
    await client.ended;
  });

  it('anything that is no WebSocket is told where to go', async () => {
    for (const path of ['/', '/v1/agents', '/metrics']) {
      const asked = request({ port, host: '127.0.0.1', path });
      asked.end();
      const [response] = await once(asked, 'response');
      expect(response.statusCode).toBe(404);
      response.resume();
    }
  });
});

describe('a socket', () => {
  it('carries text both ways, whatever it holds', async () => {
    const { client, server } = await connect();
    const text = 'é \u{1f600} "x" \u2028';
    client.send(text);
    await sleepUntil(() => received.length === 1);
    expect(received).toEqual([text]);
    const heard = once(client, 'message');
    server.send(text);
    expect(String((await heard)[0])).toBe(text);
    client.close();
  });

  it('carries what is sent together in its order, among what is sent alone', async () => {
    const { client, server } = await connect();
    const other = await connect();
    const heard: string[] = [];
    client.on('message', (text: Buffer) => heard.push(text.toString('utf8')));
    server.send('1');
    server.together(() => {
      for (const text of ['2', '3', '4']) server.send(text);
      other.server.together(() => other.server.send('elsewhere'));
    });
    server.send('5');
    await sleepUntil(() => heard.length === 5);
    expect(heard).toEqual(['1', '2', '3', '4', '5']);
    for (const socket of [client, other.client]) socket.close();
  });

  it('threat 9 is handed no frame it should not look at', async () => {
    const { client } = await connect();
    client.send(Buffer.from('{"op":"ping"}'), { binary: true });
    client.send('x'.repeat(MAX_FRAME + 1));
    client.send('x'.repeat(MAX_FRAME));
    await sleepUntil(() => received.length === 3);
    expect(received).toEqual([null, null, 'x'.repeat(MAX_FRAME)]);
    client.close();
  });

  it('threat 9 is cut by a frame beyond all measure', async () => {
    const { client, server } = await connect();
    client.on('error', () => undefined);
    const closed = once(client, 'close');
    client.send('x'.repeat(MAX_FRAME * 4 + 1));
    await closed;
    await sleepUntil(() => server.closed);
    expect(received).toEqual([]);
  });

  it('is told its close code and reason, and may be spoken to afterwards', async () => {
    const { client, server } = await connect();
    const closed = once(client, 'close');
    server.close(4009, 'superseded');
    expect(server.closed).toBe(true);
    server.send('too late');
    server.together(() => server.send('too late as well'));
    server.close(1000, 'twice');
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([4009, 'superseded']);
    expect(closes.get(server)).toEqual([4009]);
  });

  it('that the client cut off may be spoken to afterwards', async () => {
    const { client, server } = await connect();
    client.terminate();
    await sleepUntil(() => server.closed);
    expect(() => {
      server.send('x');
      server.together(() => server.send('x'));
      server.close(1000, 'x');
    }).not.toThrow();
    expect(closes.get(server)).toHaveLength(1);
  });

  it.each([
    ['alone', (socket: AgentSocket, frame: string) => socket.send(frame)],
    ['together', (socket: AgentSocket, frame: string) => socket.together(() => socket.send(frame))],
  ])(
    'I5 that reads too slowly what is sent %s is cut instead of filling memory or skipping events',
    async (_, send) => {
      const { client, server } = await connect();
      client.pause();
      const frame = 'x'.repeat(16 * 1024);
      let sent = 0;
      while (!server.closed && sent < 4_000) {
        send(server, frame);
        sent += 1;
        if (sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(server.closed).toBe(true);
      expect(closes.get(server)).toHaveLength(1);
      client.terminate();
    },
  );

  it('threat 9 has its pings and pongs counted', async () => {
    const { client } = await connect();
    client.ping('1234');
    client.pong('12');
    await sleepUntil(() => controls.length === 2);
    expect(controls).toEqual([4, 2]);
    client.close();
  });

  it('threat 9 that never finishes a frame is cut, however many bytes it sends; one that only answers pings stays', async () => {
    const { client } = await connect();
    const never = await openHostile(url());
    never.write(toFrameBytes('x', { claimedLength: 1_000n }));
    never.trickle(100, () => 'x');
    expect((await never.ended).code).toBe(1006);
    expect(silent).toBeGreaterThan(0);
    expect(controls.length).toBeGreaterThan(0);
    expect(client.readyState).toBe(WebSocket.OPEN);
    client.close();
  });
});
