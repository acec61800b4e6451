import { connect } from 'node:net';
import { OPCODE, takeServerFrames, toFrameBytes } from './ws-frames.ts';

const NO_CLOSE_FRAME = 1006;
const HEAD_END = '\r\n\r\n';

/** A WebSocket made by hand, so that it can send what no client would. */
export interface RawAgentSocket {
  write(bytes: Buffer): void;
  /** Sends a text frame. */
  say(text: string): void;
  /** The text frames since the last call. */
  take(): string[];
  /** Of the server; 1006 where it just cut the connection. Null while it is open. */
  readonly closed: { code: number; reason: string } | null;
  /** Called whenever something came or the socket closed. */
  onNews: () => void;
  destroy(): void;
}

const UPGRADE = [
  'Host: fuzz.example',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
].join('\r\n');

/** @throws Error when the upgrade is refused or not answered in time */
export function openRawAgentSocket(gatewayUrl: string, timeoutMs: number): Promise<RawAgentSocket> {
  const { hostname, port } = new URL(gatewayUrl);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let received: Buffer = Buffer.alloc(0);
  let texts: string[] = [];
  let upgraded = false;
  let closed: RawAgentSocket['closed'] = null;
  const opened: RawAgentSocket = {
    write: (bytes) => void socket.write(bytes),
    say: (text) => void socket.write(toFrameBytes({ opcode: OPCODE.text, payload: Buffer.from(text) })),
    take: () => {
      const taken = texts;
      texts = [];
      return taken;
    },
    get closed() {
      return closed;
    },
    onNews: () => undefined,
    destroy: () => void socket.destroy(),
  };
  const read = () => {
    const { frames, rest } = takeServerFrames(received);
    received = rest;
    for (const { opcode, payload } of frames) {
      if (opcode === OPCODE.text) texts.push(payload.toString('utf8'));
      else if (opcode === OPCODE.close && payload.length >= 2)
        closed ??= { code: payload.readUInt16BE(0), reason: payload.toString('utf8', 2) };
    }
    opened.onNews();
  };
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      socket.destroy();
      reject(new Error(`the gateway took no WebSocket: ${why}`));
    };
    const timer = setTimeout(() => fail('silence'), timeoutMs);
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      if (upgraded) return read();
      const headEnd = received.indexOf(HEAD_END);
      if (headEnd < 0) return;
      clearTimeout(timer);
      const head = received.toString('latin1', 0, headEnd);
      if (!head.startsWith('HTTP/1.1 101')) return fail(head.split('\r\n')[0] ?? '');
      upgraded = true;
      received = received.subarray(headEnd + HEAD_END.length);
      resolve(opened);
      read();
    });
    socket.on('error', () => undefined); // its close tells it
    socket.on('close', () => {
      clearTimeout(timer);
      closed ??= { code: NO_CLOSE_FRAME, reason: '' };
      if (upgraded) opened.onNews();
      else fail('it was cut');
    });
    socket.write(`GET /v1/agent HTTP/1.1\r\n${UPGRADE}\r\n\r\n`);
  });
}
