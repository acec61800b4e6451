import { connect, type Socket } from 'node:net';
import { type HttpAnswer, readAnswer } from './read-answer.ts';

/** What became of one request. */
export type Exchange =
  | { outcome: 'answered'; answer: HttpAnswer; ms: number }
  /** The connection was closed without an answer. */
  | { outcome: 'closed'; ms: number }
  /** Nothing came in `timeoutMs`. */
  | { outcome: 'silent'; ms: number };

/** One keep-alive connection, made anew whenever the other side closes it; one request at a time. */
export interface HttpLane {
  exchange(bytes: Buffer, method: string): Promise<Exchange>;
  close(): void;
}

export function createHttpLane(url: string, timeoutMs: number): HttpLane {
  const { hostname, port } = new URL(url);
  let socket: Socket | null = null;
  let received: Buffer = Buffer.alloc(0);
  let look: (ended: boolean) => void = () => undefined;

  const open = (): Socket => {
    const opened = connect({ host: hostname, port: Number(port), noDelay: true });
    received = Buffer.alloc(0);
    const isCurrent = () => socket === opened;
    opened.on('data', (chunk) => {
      if (!isCurrent()) return;
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      look(false);
    });
    opened.on('error', () => undefined); // its close tells it
    opened.on('close', () => {
      if (!isCurrent()) return;
      look(true);
      if (isCurrent()) socket = null;
    });
    return opened;
  };
  const drop = () => {
    socket?.destroy();
    socket = null;
  };

  const once = (bytes: Buffer, method: string): Promise<Exchange> =>
    new Promise((resolve) => {
      const startedMs = performance.now();
      socket ??= open();
      const finish = (result: Exchange) => {
        clearTimeout(timer);
        look = () => undefined;
        resolve(result);
      };
      const timer = setTimeout(() => {
        drop();
        finish({ outcome: 'silent', ms: performance.now() - startedMs });
      }, timeoutMs);
      look = (ended) => {
        const answer = readAnswer(received, { isHead: method === 'HEAD', ended });
        const ms = performance.now() - startedMs;
        if (answer === null) {
          if (ended) finish({ outcome: 'closed', ms });
          return;
        }
        received = received.subarray(answer.length);
        // What follows unasked would be taken for the next one's answer.
        if (answer.closes || received.length > 0) drop();
        finish({ outcome: 'answered', answer, ms });
      };
      socket.write(bytes);
    });

  return {
    async exchange(bytes, method) {
      const fresh = socket === null;
      const first = await once(bytes, method);
      // The other side may have closed the connection just before this request.
      return first.outcome === 'closed' && !fresh ? once(bytes, method) : first;
    },
    close: drop,
  };
}
