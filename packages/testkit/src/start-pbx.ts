import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';

export interface TestPbx {
  port: number;
  /** Every request that came, as it was on the wire. */
  requests: { method: string; target: string; headers: string[]; body: string }[];
  connections: number;
  close(): Promise<void>;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;
const sayOk: Answer = (_, response) => response.end('ok');

/** A PBX's HTTP server that answers as it is told and remembers what it was asked. */
export async function startPbx(
  answer: Answer = sayOk,
  tls?: { key: string; cert: string },
): Promise<TestPbx> {
  const pbx: TestPbx = { port: 0, requests: [], connections: 0, close: async () => undefined };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    let body = '';
    request.on('data', (data) => {
      body += String(data);
    });
    request.on('end', () => {
      pbx.requests.push({
        method: request.method ?? '',
        target: request.url ?? '',
        headers: request.rawHeaders,
        body,
      });
      answer(request, response);
    });
  };
  const server = tls === undefined ? createHttp(handle) : createHttps(tls, handle);
  server.on('connection', () => {
    pbx.connections += 1;
  });
  pbx.port = await listen(server);
  pbx.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return pbx;
}

/** A server that does to each connection what it is told, and knows no HTTP. */
export async function startTcp(
  onSocket: (socket: Socket) => void,
  host?: string,
): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createTcp((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  const port = await listen(server, host);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  });
}
