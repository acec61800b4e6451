import { connect, type Socket } from 'node:net';
import { toFrameBytes } from '@ramal/testkit';
import { createFrameReader } from './frame-reader.ts';

/** How one kind of server is spoken to. */
export interface Dialect {
  /** The path with its query. */
  path: string;
  subprotocol?: string;
  /** What the client says as soon as it is connected. */
  hello: readonly string[];
  /** Whether a text says that the client is in; what it answers by it is sent. */
  greet(text: string): { isIn: true } | { answer: string } | null;
  /** What a text must begin with to be a sign of life, and what it is answered with. */
  ping?: { text: string; answer: string };
}

/** One client of a crowd: it shares the core with Redis, and so does as little as it can. */
export interface CrowdSocket {
  send(text: string): void;
  cut(): void;
}

const SHAKEN = '\r\n\r\n';

/**
 * Connects, says hello and waits until it is in.
 * @param onMessage each text after that; where it lies in the bytes, which are only there during the call
 * @throws Error when it is refused or cut off before
 */
export function connectCrowdSocket(
  port: number,
  dialect: Dialect,
  onMessage: (bytes: Buffer, from: number, to: number) => void,
): Promise<CrowdSocket> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const send = (text: string) => void socket.write(toFrameBytes(text));
    let isIn = false;
    let head = '';
    let isShaken = false;
    const crowdSocket: CrowdSocket = { send, cut: () => socket.destroy() };
    const read = createFrameReader((bytes, from, to, opcode) => {
      if (opcode === 9) return void socket.write(toFrameBytes('', { opcode: 10 }));
      if (opcode !== 1) return;
      const { ping } = dialect;
      const isPing = to - from === ping?.text.length && bytes.toString('latin1', from, to) === ping.text;
      if (isPing) return send(ping.answer);
      if (isIn) return onMessage(bytes, from, to);
      const text = bytes.toString('latin1', from, to);
      const greeted = dialect.greet(text);
      if (greeted === null) return;
      if ('answer' in greeted) return send(greeted.answer);
      isIn = true;
      resolve(crowdSocket);
    });
    socket.on('connect', () => {
      const protocol =
        dialect.subprotocol === undefined ? '' : `Sec-WebSocket-Protocol: ${dialect.subprotocol}\r\n`;
      socket.write(
        `GET ${dialect.path} HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n${protocol}\r\n`,
      );
    });
    socket.on('data', (chunk: Buffer) => {
      if (isShaken) return read(chunk);
      head += chunk.toString('latin1');
      const end = head.indexOf(SHAKEN);
      if (end === -1) return;
      if (!head.startsWith('HTTP/1.1 101')) {
        socket.destroy();
        return reject(new Error(`the handshake was answered with ${head.slice(0, 40)}`));
      }
      isShaken = true;
      for (const text of dialect.hello) send(text);
      if (head.length > end + SHAKEN.length) read(Buffer.from(head.slice(end + SHAKEN.length), 'latin1'));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => reject(new Error('cut off before it was in')));
  });
}
