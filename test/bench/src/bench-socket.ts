import { once } from 'node:events';
import { connect } from 'node:net';
import { toFrameBytes, toHandshakeBytes } from '@ramal/testkit';

/** A WebSocket client that costs next to nothing: it shares the machine with what is measured. */
export interface BenchSocket {
  send(text: string): void;
  close(): void;
}

const TEXT = 1;
const PING = 9;
const PONG_OPCODE = 10;
/** How the length of a frame's body is written: in the second byte, or in so many bytes after it. */
const LENGTH_IN_TWO = 126;
const LENGTH_IN_EIGHT = 127;

/**
 * Connects and upgrades; every text frame is handed on as its bytes, which are the caller's only until it returns.
 * @throws Error when the server does not upgrade, or `signal` is aborted before it has
 */
export async function openBenchSocket(
  url: string,
  onText: (text: Buffer) => void,
  signal: AbortSignal,
): Promise<BenchSocket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect', { signal });
  socket.write(toHandshakeBytes());
  const [answer] = (await once(socket, 'data', { signal })) as [Buffer];
  const head = answer.indexOf('\r\n\r\n');
  if (head === -1 || !answer.toString('latin1').startsWith('HTTP/1.1 101')) {
    socket.destroy();
    throw new Error(`the gateway did not upgrade: ${answer.toString('latin1').slice(0, 100)}`);
  }
  socket.on('error', () => undefined);
  const pong = (body: Buffer) => socket.write(toFrameBytes(body, { opcode: PONG_OPCODE }));
  const read = createFrameReader((opcode, body) => {
    if (opcode === TEXT) onText(body);
    else if (opcode === PING) pong(body);
  });
  read(answer.subarray(head + 4));
  socket.on('data', read);
  return { send: (text) => void socket.write(toFrameBytes(text)), close: () => void socket.destroy() };
}

/** Takes a server's bytes apart into frames, whatever the chunks they come in. */
export function createFrameReader(onFrame: (opcode: number, body: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = toFrameEnd(bytes); end !== null && end.at <= bytes.length; end = toFrameEnd(bytes)) {
      onFrame((bytes[0] ?? 0) & 0x0f, bytes.subarray(end.bodyAt, end.at));
      bytes = bytes.subarray(end.at);
    }
    rest = bytes;
  };
}

/** Where the first frame's body begins and ends; null while not all of its head is there. A server masks nothing. */
function toFrameEnd(bytes: Buffer): { bodyAt: number; at: number } | null {
  const length = bytes[1];
  if (length === undefined) return null;
  const bodyAt = length === LENGTH_IN_TWO ? 4 : length === LENGTH_IN_EIGHT ? 10 : 2;
  if (bytes.length < bodyAt) return null;
  const body =
    length === LENGTH_IN_TWO
      ? bytes.readUInt16BE(2)
      : length === LENGTH_IN_EIGHT
        ? Number(bytes.readBigUInt64BE(2))
        : length;
  return { bodyAt, at: bodyAt + body };
}
