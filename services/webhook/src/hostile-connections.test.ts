import { type AddressInfo, connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestDoor } from '../test/create-test-door.ts';
import { newProfile } from '../test/open-test-ingest.ts';
import { type AppDeps, createApp } from './app.ts';
import type { Events } from './events.ts';

/** Long enough for an honest request on a machine that has much else to do. */
const TIMEOUT_MS = 2_000;
const GOOD = '/v1/cti/good/ended?origem=3501&destino=47';

let app: FastifyInstance;
let shed: string[];
let ingested: number;

async function listen(over: Partial<AppDeps> = {}): Promise<number> {
  [shed, ingested] = [[], 0];
  const profile = newProfile();
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
  const lookup = {
    byCallbackToken: async (token: string) => (token === 'good' ? profile : null),
    tenant: async () => profile.tenant,
    profile: async () => profile,
    forget: () => undefined,
    known: () => null,
    credentials: async () => null,
  };
  app = createApp({
    door: createTestDoor({ lookup, events }),
    events,
    async ingest() {
      ingested += 1;
      return { callId: 'c', outcome: 'stored' };
    },
    readRamalState: () => Promise.reject(new Error('not asked for here')),
    maxBodyBytes: 1_024,
    requestTimeoutMs: TIMEOUT_MS,
    connections: { most: 1_000, mostPerAddress: null },
    isStopping: () => false,
    publicUrl: undefined,
    ...over,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}
afterEach(() => app.close());

/** A connection, all that came back on it, and its end. */
function dial(port: number): { socket: Socket; text: () => string; closed: Promise<void> } {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (data) => (text += data.toString()));
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  return { socket, text: () => text, closed };
}

/** Sends a piece now and then until the other end has had enough. */
function drip(socket: Socket, piece: string): void {
  const timer = setInterval(() => socket.write(piece), 40);
  socket.on('close', () => clearInterval(timer));
}

const POST = `POST ${GOOD} HTTP/1.1\r\nhost: x\r\n`;

/** How a request can be made to last: what is sent at once, and what now and then. */
const SLOW: readonly (readonly [what: string, head: string, piece: string])[] = [
  ['headers that never end', `GET ${GOOD} HTTP/1.1\r\nhost: x\r\n`, 'a: b\r\n'],
  ['a request line that never ends', 'GET /v1/cti/good/ended?', 'a'],
  ['a body that comes a byte at a time', `${POST}content-length: 900\r\n\r\n`, 'a'],
  ['chunks that never end', `${POST}transfer-encoding: chunked\r\n\r\n`, '1\r\na\r\n'],
  ['a body that never comes', `${POST}content-length: 900\r\n\r\n`, ''],
];

describe('threat 9 a caller who takes their time is cut off, and nobody else is', () => {
  it(`by ${SLOW.map(([what]) => what).join(', ')}`, async () => {
    const port = await listen();
    const slow = SLOW.flatMap(([what, head, piece]) =>
      Array.from({ length: 10 }, () => {
        const one = dial(port);
        one.socket.write(head);
        if (piece !== '') drip(one.socket, piece);
        return { ...one, what };
      }),
    );
    expect((await fetch(`http://127.0.0.1:${port}${GOOD}`)).status).toBe(200);
    await Promise.all(slow.map(({ closed }) => closed));
    for (const { what, text } of slow)
      expect([what, text()]).toEqual([what, expect.stringMatching(/^(?:HTTP\/1\.1 408|$)/)]);
    expect(ingested).toBe(1);
  });

  it('a body that is larger than it may be is refused, and its connection is closed', async () => {
    const port = await listen({ requestTimeoutMs: 60_000 });
    const { socket, text, closed } = dial(port);
    socket.write(`POST ${GOOD} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`);
    drip(socket, `400\r\n${'a'.repeat(1_024)}\r\n`);
    await closed;
    expect(text()).toMatch(/^HTTP\/1\.1 413/);
    expect(text()).toContain('payload_too_large');
    expect(ingested).toBe(0);
  });

  it('headers beyond 16 KiB are refused before anything is looked at', async () => {
    const port = await listen();
    const { socket, text, closed } = dial(port);
    socket.write(`GET ${GOOD} HTTP/1.1\r\nhost: x\r\na: ${'b'.repeat(17 * 1024)}\r\n\r\n`);
    await closed;
    expect(text()).toMatch(/^HTTP\/1\.1 431/);
    expect(ingested).toBe(0);
  });
});

describe('threat 9 connections', () => {
  it('of one address beyond its limit are closed, and places that are given back are taken again', async () => {
    const port = await listen({ requestTimeoutMs: 60_000, connections: { most: 100, mostPerAddress: 3 } });
    const ask = `GET ${GOOD} HTTP/1.1\r\nhost: x\r\n\r\n`;
    const answered = async () => {
      const one = dial(port);
      one.socket.write(ask);
      await new Promise<void>((resolve) => {
        one.socket.on('data', () => resolve());
        one.socket.on('close', () => resolve());
      });
      return { ...one, ok: one.text().startsWith('HTTP/1.1 200') };
    };
    const first = [await answered(), await answered(), await answered()];
    expect(first.map(({ ok }) => ok)).toEqual([true, true, true]);
    const fourth = await answered();
    await fourth.closed;
    expect([fourth.ok, shed]).toEqual([false, ['address_connections']]);
    const gone = new Promise((resolve) => app.server.once('connection', resolve));
    first[0]?.socket.destroy();
    await first[0]?.closed;
    // The server hears of it a moment later.
    let again = await answered();
    while (!again.ok) again = await answered();
    await gone;
    expect(again.ok).toBe(true);
    for (const { socket } of [...first, again]) socket.destroy();
  });

  it('beyond what the process may hold are closed', async () => {
    const port = await listen({ requestTimeoutMs: 60_000, connections: { most: 2, mostPerAddress: null } });
    const open = [dial(port), dial(port)];
    await Promise.all(open.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
    const third = dial(port);
    await third.closed;
    expect(shed).toEqual(['connections']);
    for (const { socket } of open) socket.destroy();
  });
});
