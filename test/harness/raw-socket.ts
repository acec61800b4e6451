import { SUBPROTOCOL } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { WebSocket } from 'ws';

interface RawFrame {
  op: string;
  replyTo?: string | number | null;
  data: { code?: string; message?: string; retryable?: boolean } & Record<string, unknown>;
}

/** A WebSocket that sends what it is told, right or wrong. */
export interface RawSocket {
  readonly frames: readonly RawFrame[];
  readonly closed: Promise<{ code: number; reason: string }>;
  send(data: string | Uint8Array): void;
  /** The first frame that fits, also one that came already. */
  waitFor(fits: (frame: RawFrame) => boolean): Promise<RawFrame>;
  /** Sends a frame with an id of its own and waits for its answer. */
  ask(op: string, data?: unknown): Promise<RawFrame>;
  cut(): void;
}

let lastId = 0;

export async function openRawSocket(gatewayUrl: string): Promise<RawSocket> {
  const socket = new WebSocket(`${gatewayUrl}/v1/agent`, SUBPROTOCOL);
  const frames: RawFrame[] = [];
  socket.on('message', (data) => frames.push(JSON.parse((data as Buffer).toString('utf8')) as RawFrame));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined); // the close tells it
  const waitFor: RawSocket['waitFor'] = (fits) =>
    sleepUntil(() => frames.find(fits), { describe: () => `a frame; so far: ${JSON.stringify(frames)}` });
  return {
    frames,
    closed,
    send: (data) => socket.send(data),
    waitFor,
    ask: (op, data = {}) => {
      lastId += 1;
      const id = `raw-${lastId}`;
      socket.send(JSON.stringify({ op, id, data }));
      return waitFor((frame) => frame.replyTo === id);
    },
    cut: () => socket.terminate(),
  };
}

/** The HTTP status an upgrade to a WebSocket is refused with. */
export function refusedUpgrade(url: string, protocols: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols);
    socket.once('open', () => {
      socket.terminate();
      reject(new Error('the upgrade was not refused'));
    });
    socket.once('unexpected-response', (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    socket.on('error', () => undefined);
  });
}
