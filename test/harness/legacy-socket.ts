import { sleepUntil } from '@ramal/testkit';
import { WebSocket } from 'ws';

interface LegacyMessage {
  action: string;
  reply_to?: string;
  id?: string | number;
  seq?: number;
  ts?: number;
  params: Record<string, unknown>;
}

/** An old client: no subprotocol, on the bare host unless told otherwise. */
export interface LegacySocket {
  readonly messages: readonly LegacyMessage[];
  readonly closed: Promise<{ code: number; reason: string }>;
  send(message: object): void;
  /** The first message that fits, also one that came already. */
  waitFor(fits: (message: LegacyMessage) => boolean): Promise<LegacyMessage>;
  /** Sends a message with an id of its own and waits for its answer. */
  ask(message: { action: string; auth?: object; params?: object }): Promise<LegacyMessage>;
  cut(): void;
}

let lastId = 0;

export async function openLegacySocket(gatewayUrl: string, path = '/'): Promise<LegacySocket> {
  const socket = new WebSocket(`${gatewayUrl}${path}`);
  const messages: LegacyMessage[] = [];
  socket.on('message', (data) =>
    messages.push(JSON.parse((data as Buffer).toString('utf8')) as LegacyMessage),
  );
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined); // the close tells it
  const waitFor: LegacySocket['waitFor'] = (fits) =>
    sleepUntil(() => messages.find(fits), {
      timeoutMs: 30_000,
      describe: () => `a message; so far: ${JSON.stringify(messages)}`,
    });
  const send = (message: object) => socket.send(JSON.stringify(message));
  return {
    messages,
    closed,
    send,
    waitFor,
    ask: (message) => {
      lastId += 1;
      const id = `legacy-${lastId}`;
      send({ ...message, id });
      return waitFor((answer) => answer.id === id);
    },
    cut: () => socket.terminate(),
  };
}
