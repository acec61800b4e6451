import { type CrowdSocket, connectCrowdSocket, type Dialect } from './crowd-socket.ts';

/** Many clients of one server, one an agent. */
export interface Crowd {
  readonly sockets: readonly CrowdSocket[];
  cut(): void;
}

const AT_ONCE = 100;

/**
 * Connects one client after the other, so many at once.
 * @throws when one of them does not get in
 */
export async function connectCrowd(
  port: number,
  dialects: readonly Dialect[],
  onMessage: (bytes: Buffer, from: number, to: number, index: number) => void,
  signal: AbortSignal,
  atOnce = AT_ONCE,
): Promise<Crowd> {
  const sockets: CrowdSocket[] = [];
  const cut = () => sockets.forEach((socket) => socket.cut());
  const left = dialects.entries();
  const work = async () => {
    for (const [index, dialect] of left) {
      signal.throwIfAborted();
      sockets[index] = await connectCrowdSocket(port, dialect, (bytes, from, to) =>
        onMessage(bytes, from, to, index),
      );
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
  } catch (error) {
    cut();
    throw error;
  }
  return { sockets, cut };
}
