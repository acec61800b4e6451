import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { sleepUntil } from './sleep-until.ts';

/** One end of a connection, with all that it has heard. */
interface End {
  socket: Socket;
  heard: string;
  ended: boolean;
  /** `reset`, `closed`, or null while it stands. */
  gone: 'reset' | 'closed' | null;
}

let server: Server;
let proxy: FaultProxy;
/** The server's ends, oldest first. It echoes nothing by itself. */
let served: End[];
let clients: End[];

beforeEach(async () => {
  [served, clients] = [[], []];
  server = createServer({ allowHalfOpen: true }, (socket) => served.push(watch(socket)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  proxy = await startFaultProxy({ targetPort: (server.address() as AddressInfo).port });
});
afterEach(async () => {
  await proxy.stop();
  for (const { socket } of [...served, ...clients]) socket.destroy();
  server.close();
});

function watch(socket: Socket): End {
  const end: End = { socket, heard: '', ended: false, gone: null };
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    end.heard += text;
  });
  socket.on('end', () => {
    end.ended = true;
  });
  socket.on('error', () => undefined);
  socket.on('close', (failed) => {
    end.gone = failed ? 'reset' : 'closed';
  });
  return end;
}

/** A client that is connected to the proxy, whatever lies behind it. */
async function open(): Promise<End> {
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  const end = watch(socket);
  clients.push(end);
  await once(socket, 'connect');
  return end;
}
/** A client and its end at the server. */
async function pair(): Promise<{ client: End; server: End }> {
  const before = served.length;
  const client = await open();
  const server = await sleepUntil(() => served[before]);
  return { client, server };
}
const hears = (end: End, text: string) =>
  sleepUntil(() => end.heard === text, { describe: () => `“${text}”; heard “${end.heard.slice(0, 200)}”` });

it('without faults both sides hear all of each other, and each other’s end', async () => {
  const { client, server } = await pair();
  const much = 'x'.repeat(5 * 1024 * 1024);
  client.socket.write(much);
  await sleepUntil(() => server.heard.length === much.length);
  server.socket.write('hello');
  await hears(client, 'hello');
  client.socket.end();
  await sleepUntil(() => server.ended);
  // The half that is open still carries.
  server.socket.end(' and bye');
  await hears(client, 'hello and bye');
  await sleepUntil(() => client.gone === 'closed' && server.gone === 'closed');
  await sleepUntil(() => proxy.connections() === 0);
});

it('keeps what stands in the target’s URL', async () => {
  const other = await startFaultProxy({ url: 'redis://user:p%40ss@127.0.0.1:6390/3?x=1' });
  expect(other.url).toBe(`redis://user:p%40ss@127.0.0.1:${other.port}/3?x=1`);
  await other.stop();
});

it('in silence nothing passes, connections stay and new ones are taken; all of it arrives after heal', async () => {
  const { client, server } = await pair();
  proxy.silence();
  client.socket.write('one ');
  server.socket.write('two ');
  const late = await open();
  late.socket.write('three');
  const much = 'x'.repeat(3 * 1024 * 1024);
  client.socket.write(much);
  client.socket.end();
  const sentinel = await startFaultProxy({ targetPort: (server.socket.address() as AddressInfo).port });
  const through = connect({ port: sentinel.port, host: '127.0.0.1' });
  // A line without faults to the same server overtakes: what is silent would have come before.
  through.write('sentinel');
  await sleepUntil(() => served.at(-1)?.heard === 'sentinel');
  expect(served).toHaveLength(2);
  expect(server).toMatchObject({ heard: '', ended: false, gone: null });
  expect(client).toMatchObject({ heard: '', gone: null });
  expect(late.gone).toBe(null);
  expect(proxy.connections()).toBe(2);
  through.destroy();
  await sentinel.stop();

  await proxy.heal();
  await sleepUntil(() => server.heard.length === 4 + much.length && server.ended);
  expect(server.heard.startsWith('one ')).toBe(true);
  await hears(client, 'two ');
  await sleepUntil(() => served.at(-1)?.heard === 'three');
});

it('a client that left in silence is gone for the server after heal', async () => {
  const { client, server } = await pair();
  proxy.silence();
  client.socket.resetAndDestroy();
  await sleepUntil(() => client.gone);
  expect(server.gone).toBe(null);
  await proxy.heal();
  await sleepUntil(() => server.gone === 'reset');
  await sleepUntil(() => proxy.connections() === 0);
});

it('reset breaks all connections on both sides, also in silence, and takes new ones', async () => {
  const [a, b] = [await pair(), await pair()];
  proxy.silence();
  const held = await open();
  proxy.reset();
  await sleepUntil(() =>
    [a, b].every(({ client, server }) => client.gone === 'reset' && server.gone === 'reset'),
  );
  await sleepUntil(() => held.gone === 'reset');
  await proxy.heal();
  const { client, server } = await pair();
  client.socket.write('again');
  await hears(server, 'again');
  // Nothing was opened for the one that was reset while it waited.
  expect(served).toHaveLength(3);
});

it('refuse refuses new connections and leaves the others; heal takes them again on the same port', async () => {
  const { client, server } = await pair();
  proxy.refuse();
  await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  client.socket.write('still here');
  await hears(server, 'still here');
  await proxy.heal();
  const next = await pair();
  next.client.socket.write('back');
  await hears(next.server, 'back');
});

it('delay holds each byte back, in order, and heal lets go at once', async () => {
  const { client, server } = await pair();
  proxy.delay(120);
  const startedMs = performance.now();
  client.socket.write('a');
  await delay(20);
  client.socket.write('b');
  await hears(server, 'ab');
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(120);
  proxy.delay(600_000);
  client.socket.write('c');
  client.socket.end();
  await proxy.heal();
  await hears(server, 'abc');
  await sleepUntil(() => server.ended);
});

it('throttle lets so many bytes a second through, whole and in order', async () => {
  const { client, server } = await pair();
  proxy.throttle(10_000);
  const text = Array.from({ length: 400 }, (_, i) => String(i).padStart(5, '0')).join('');
  const startedMs = performance.now();
  client.socket.write(text);
  await hears(server, text);
  // 2000 bytes in steps of 200: the last step needs no wait after it.
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(170);
  expect(() => proxy.throttle(0)).toThrow(RangeError);
});

it('cutAfter gives the reader exactly so many bytes and its writer a reset, once', async () => {
  const { client, server } = await pair();
  proxy.cutAfter(7);
  client.socket.write('123');
  await hears(server, '123');
  client.socket.write('45678');
  await sleepUntil(() => client.gone === 'reset' && server.ended);
  expect(server.heard).toBe('1234567');
  const next = await pair();
  next.client.socket.write('123456789');
  await hears(next.server, '123456789');
});

it('cutAfter 0 of the server loses the next reply: the request has arrived', async () => {
  const { client, server } = await pair();
  proxy.cutAfter(0, 'server');
  client.socket.write('do it');
  await hears(server, 'do it');
  server.socket.write('done');
  await sleepUntil(() => server.gone === 'reset' && client.ended);
  expect(client.heard).toBe('');
});

it('a server that is away resets the client, and one that comes back serves the next', async () => {
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const client = await open().catch(() => null);
  await sleepUntil(() => client === null || client.gone === 'reset');
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const next = await pair();
  next.client.socket.write('hello');
  await hears(next.server, 'hello');
});

it('stop ends everything', async () => {
  const { client } = await pair();
  await proxy.stop();
  await sleepUntil(() => client.gone);
  await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
