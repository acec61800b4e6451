import { once } from 'node:events';
import { connect } from 'node:net';
import { createFrameReader, toFrameBytes, toHandshakeBytes } from '@ramal/testkit';

/** A WebSocket client that costs next to nothing: it shares the machine with what is measured. */
export interface BenchSocket {
  send(text: string): void;
  close(): void;
}

const TEXT = 1;
const PING = 9;
const PONG_OPCODE = 10;

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
  socket.on('error', () => undefined);
  const giveUp = (error: unknown): never => {
    socket.destroy();
    throw error;
  };
  await once(socket, 'connect', { signal }).catch(giveUp);
  socket.write(toHandshakeBytes());
  const [answer] = (await once(socket, 'data', { signal }).catch(giveUp)) as [Buffer];
  const head = answer.indexOf('\r\n\r\n');
  if (head === -1 || !answer.toString('latin1').startsWith('HTTP/1.1 101')) {
    giveUp(new Error(`the gateway did not upgrade: ${answer.toString('latin1').slice(0, 100)}`));
  }
  const pong = (body: Buffer) => socket.write(toFrameBytes(body, { opcode: PONG_OPCODE }));
  const read = createFrameReader((opcode, body) => {
    if (opcode === TEXT) onText(body);
    else if (opcode === PING) pong(body);
  });
  read(answer.subarray(head + 4));
  socket.on('data', read);
  return { send: (text) => void socket.write(toFrameBytes(text)), close: () => void socket.destroy() };
}
