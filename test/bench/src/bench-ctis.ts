import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** How a CTI that is not well behaves: says nothing, breaks every connection off, or takes five seconds. */
export type Sickness = 'mute' | 'resetting' | 'slow';

interface BenchCti {
  readonly port: number;
  /** Null: it answers at once. */
  sickness: Sickness | null;
}

export interface BenchCtis {
  /** One for all companies that are always well. */
  readonly well: BenchCti;
  /** One each. */
  readonly others: readonly BenchCti[];
  close(): Promise<void>;
}

const SLOW_MS = 5_000;
/** Written by hand, and the request read by hand: it shares the machine with what is measured. */
const ANSWER =
  'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';

/** @param onRequest told the number to dial, at the moment the request is read */
export async function openBenchCtis(count: number, onRequest: (number: string) => void): Promise<BenchCtis> {
  const closes: (() => Promise<void>)[] = [];
  const open = async (): Promise<BenchCti> => {
    const { cti, close } = await openCti(onRequest);
    closes.push(close);
    return cti;
  };
  const well = await open();
  const others = await Promise.all(Array.from({ length: count }, open));
  return { well, others, close: async () => void (await Promise.all(closes.map((close) => close()))) };
}

async function openCti(onRequest: (number: string) => void) {
  const cti: { port: number; sickness: Sickness | null } = { port: 0, sickness: null };
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  const serve = (socket: Socket) => {
    let head = '';
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      const [, url = '/'] = head.split(' ', 2);
      onRequest(new URL(url, 'http://cti').searchParams.get('destino') ?? '');
      if (cti.sickness === null) return socket.end(ANSWER);
      const timer = setTimeout(() => {
        timers.delete(timer);
        socket.end(ANSWER);
      }, SLOW_MS);
      return timers.add(timer);
    });
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    if (cti.sickness === 'resetting') socket.resetAndDestroy();
    else if (cti.sickness === 'mute') socket.resume();
    else serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cti.port = (server.address() as AddressInfo).port;
  const close = async () => {
    for (const timer of timers) clearTimeout(timer);
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { cti, close };
}
