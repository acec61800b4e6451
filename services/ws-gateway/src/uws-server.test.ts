import { once } from 'node:events';
import { request } from 'node:http';
import { SUBPROTOCOL } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { loadUws } from './uws-module.ts';
import { type AgentSocket, startUwsServer } from './uws-server.ts';

const MAX_FRAME = 1_024;
let port: number;
let close: () => void;
let accepting = true;
/** Everything the handlers got, and the sockets they got it from. */
let received: (string | null)[] = [];
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
    isAccepting: () => accepting,
    onOpen(socket) {
      sockets.push(socket);
      const codes: number[] = [];
      closes.set(socket, codes);
      return { onMessage: (text) => void received.push(text), onClose: (code) => void codes.push(code) };
    },
  }));
});
afterAll(() => close());
beforeEach(() => {
  accepting = true;
  received = [];
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
      server.close(1000, 'x');
    }).not.toThrow();
    expect(closes.get(server)).toHaveLength(1);
  });

  it('I5 that reads too slowly is cut instead of filling memory or skipping events', async () => {
    const { client, server } = await connect();
    client.pause();
    const frame = 'x'.repeat(16 * 1024);
    let sent = 0;
    while (!server.closed && sent < 4_000) {
      server.send(frame);
      sent += 1;
      if (sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(server.closed).toBe(true);
    expect(closes.get(server)).toHaveLength(1);
    client.terminate();
  });
});
