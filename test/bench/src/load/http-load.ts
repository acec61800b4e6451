import { connect, type Socket } from 'node:net';

/** Requests over connections that stay open, one under way on each. */
export interface HttpLoad {
  /** Asks for a path; resolves with the answer's status. Any number may be asked for at once: they wait for a connection. */
  get(path: string): Promise<number>;
  close(): void;
}

interface Asked {
  path: string;
  answered(status: number): void;
  failed(error: Error): void;
}

const HEAD_END = '\r\n\r\n';

/** The least that can send GETs: it shares the core with Redis, and must not be what is measured. */
export async function openHttpLoad(port: number, connections: number): Promise<HttpLoad> {
  const free: ((asked: Asked) => void)[] = [];
  const waiting: Asked[] = [];
  const sockets: Socket[] = [];

  const open = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      sockets.push(socket);
      let current: Asked | null = null;
      let text = '';
      const ask = (asked: Asked) => {
        current = asked;
        socket.write(`GET ${asked.path} HTTP/1.1\r\nHost: bench\r\n\r\n`);
      };
      socket.on('connect', () => {
        free.push(ask);
        resolve();
      });
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        const end = text.indexOf(HEAD_END);
        if (end === -1) return;
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
        if (text.length < end + HEAD_END.length + length) return;
        const status = Number(text.slice(9, 12));
        text = '';
        current?.answered(status);
        current = null;
        const next = waiting.shift();
        if (next === undefined) free.push(ask);
        else ask(next);
      });
      const failed = (error: Error) => {
        reject(error);
        current?.failed(error);
        current = null;
      };
      socket.on('error', failed);
      socket.on('close', () => failed(new Error('the connection was closed')));
    });
  await Promise.all(Array.from({ length: connections }, open));

  return {
    get: (path) =>
      new Promise((answered, failed) => {
        const asked = { path, answered, failed };
        const ask = free.pop();
        if (ask === undefined) waiting.push(asked);
        else ask(asked);
      }),
    close: () => sockets.forEach((socket) => socket.destroy()),
  };
}
