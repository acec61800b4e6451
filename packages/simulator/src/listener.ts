import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { PendingTimers } from './pending-timers.ts';
import type { SimulatorLog } from './simulator-log.ts';

const REOPEN_RETRY_MS = 50;

export interface ListenerOptions {
  host: string;
  /** 0 takes a free port and keeps it through refuse(). */
  port: number;
  onRequest: RequestListener;
  timers: PendingTimers;
  log: SimulatorLog;
}

/** A listening socket that can really be closed and come back. */
export interface Listener {
  /** Rejects where the port is taken or the host is none of this machine. */
  start(): Promise<number>;
  /** Cuts all connections and has new ones refused; the same port opens again after `ms`. */
  refuse(ms: number): Promise<void>;
  stop(): Promise<void>;
}

export function createListener({ host, port, onRequest, timers, log }: ListenerOptions): Listener {
  const sockets = new Set<Socket>();
  // A request without Host is broken, but it was sent: it must reach the log of originates.
  const server = createServer({ requireHostHeader: false }, onRequest);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  // Such a request never becomes an originate; the log still tells that somebody tried.
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code?.startsWith('HPE_')) log('warn', 'request is no HTTP', { error: error.code });
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  let boundPort = port;
  let refusals = 0;

  let opening: Promise<unknown> = Promise.resolve();

  async function open(): Promise<void> {
    const listening = once(server, 'listening');
    opening = listening.catch(() => undefined);
    server.listen(boundPort, host);
    await listening;
    boundPort = (server.address() as AddressInfo).port;
  }

  async function close(): Promise<void> {
    // A socket about to open would otherwise stay open behind a close that saw nothing to do.
    await opening;
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  function reopen(refusal: number): void {
    // A later refuse() or stop() has taken over.
    if (refusal !== refusals) return;
    open().then(
      () => log('info', 'accepting again', { port: boundPort }),
      (error: unknown) => {
        log('error', 'port is not free yet', { port: boundPort, error: String(error) });
        timers.after(REOPEN_RETRY_MS, () => reopen(refusal));
      },
    );
  }

  return {
    async start() {
      await open();
      return boundPort;
    },
    async refuse(ms) {
      refusals += 1;
      const refusal = refusals;
      await close();
      log('info', 'refusing connections', { port: boundPort, ms });
      timers.after(ms, () => reopen(refusal));
    },
    async stop() {
      refusals += 1;
      await close();
    },
  };
}
