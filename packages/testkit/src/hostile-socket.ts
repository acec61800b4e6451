import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { SUBPROTOCOL } from '@ramal/contracts';
import { toFrameBytes } from './frame-bytes.ts';
import { createFrameReader } from './frame-reader.ts';
import { sleepUntil } from './sleep-until.ts';

/** A TCP connection to a gateway that sends any bytes, when and as slowly as it is told. */
export interface HostileSocket {
  /** The HTTP status of the answer to its handshake; null before there is one. */
  readonly status: number | null;
  /** The answer's headers, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text frames that came, parsed. */
  readonly frames: readonly { op: string; data: { code?: string } }[];
  /** The code of the close frame that came; null without one. */
  readonly closeCode: number | null;
  /** Resolves when the gateway has ended the connection or cut it, with the code (1006 without one). */
  readonly ended: Promise<{ code: number; afterMs: number }>;
  readonly isOver: boolean;
  /** Bytes as they are; nothing once the connection is over. */
  write(bytes: string | Uint8Array): void;
  /** Calls `make` and writes what it returns until the connection is over, whether the gateway reads or not. */
  trickle(everyMs: number, make: () => string | Uint8Array): void;
  /** Reads nothing any more. */
  pause(): void;
  cut(): void;
}

export interface HandshakeParts {
  path?: string;
  /** Each a whole line without its end. */
  headers?: readonly string[];
  /** False leaves `Sec-WebSocket-Protocol` out. */
  subprotocol?: boolean;
}

/** The bytes of an upgrade's request. */
export function toHandshakeBytes({
  path = '/v1/agent',
  headers = [],
  subprotocol = true,
}: HandshakeParts = {}): string {
  return [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
    ...(subprotocol ? [`Sec-WebSocket-Protocol: ${SUBPROTOCOL}`] : []),
    ...headers,
    '',
    '',
  ].join('\r\n');
}

/** Opens the connection alone; the handshake is the caller's to write. */
export function connectHostile(gatewayUrl: string, localAddress = '127.0.0.1'): HostileSocket {
  const { hostname, port } = new URL(gatewayUrl);
  const openedMs = performance.now();
  const socket: Socket = connect({ host: hostname, port: Number(port), localAddress });
  socket.setNoDelay(true);
  const reader = createReader();
  let over = false;
  const timers: NodeJS.Timeout[] = [];
  const ended = new Promise<{ code: number; afterMs: number }>((resolve) => {
    const end = () => {
      if (over) return;
      over = true;
      for (const timer of timers) clearInterval(timer);
      resolve({ code: reader.closeCode ?? 1006, afterMs: performance.now() - openedMs });
      socket.destroy();
    };
    socket
      .on('end', end)
      .on('close', end)
      .on('error', () => undefined);
  });
  socket.on('data', (chunk) => reader.read(chunk));
  const write = (bytes: string | Uint8Array) => void (over || socket.write(bytes));
  return {
    get status() {
      return reader.status;
    },
    get headers() {
      return reader.headers;
    },
    get closeCode() {
      return reader.closeCode;
    },
    get isOver() {
      return over;
    },
    frames: reader.frames,
    ended,
    write,
    trickle(everyMs, make) {
      timers.push(setInterval(() => write(make()), everyMs));
    },
    pause: () => void socket.pause(),
    cut: () => void socket.destroy(),
  };
}

/** Connects, upgrades, and with a token authenticates too, which is waited for. */
export async function openHostile(
  gatewayUrl: string,
  options: HandshakeParts & { token?: string; localAddress?: string } = {},
): Promise<HostileSocket> {
  const socket = connectHostile(gatewayUrl, options.localAddress);
  socket.write(toHandshakeBytes(options));
  await sleepUntil(() => socket.status !== null || socket.isOver, { everyMs: 2, timeoutMs: 15_000 });
  if (options.token !== undefined) {
    socket.write(toFrameBytes(JSON.stringify({ op: 'auth', id: 'auth', data: { token: options.token } })));
    await sleepUntil(() => socket.frames.some(({ op }) => op === 'ready') || socket.isOver, {
      everyMs: 2,
      timeoutMs: 15_000,
    });
  }
  return socket;
}

/** Takes a server's bytes apart: one HTTP answer, then frames. */
function createReader() {
  let rest = Buffer.alloc(0);
  const reader = {
    status: null as number | null,
    headers: {} as Record<string, string>,
    frames: [] as { op: string; data: { code?: string } }[],
    closeCode: null as number | null,
    read(chunk: Buffer) {
      if (reader.status === 101) return readFrames(chunk);
      rest = Buffer.concat([rest, chunk]);
      if (reader.status === null && readAnswer() && reader.status === 101) readFrames(rest);
    },
  };
  const readFrames = createFrameReader((opcode, body) => {
    if (opcode === 8) reader.closeCode ??= body.length >= 2 ? body.readUInt16BE(0) : 1005;
    if (opcode === 1) reader.frames.push(JSON.parse(body.toString('utf8')) as (typeof reader.frames)[number]);
  });
  const readAnswer = (): boolean => {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const [first = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    reader.status = Number(first.split(' ')[1]);
    for (const line of lines) {
      const at = line.indexOf(':');
      reader.headers[line.slice(0, at).toLowerCase()] = line.slice(at + 1).trim();
    }
    rest = rest.subarray(end + 4);
    return true;
  };
  return reader;
}
