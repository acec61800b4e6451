import type { AgentSocket } from './uws-server.ts';

/** One user's end of a socket, which can be taken away while the socket itself stays open. */
export interface BoundSocket extends AgentSocket {
  /** From now on it is closed to whoever still holds it. */
  release(): void;
}

/** @param encode what a frame becomes on its way out */
export function bindSocket(
  socket: AgentSocket,
  encode: (frame: string) => string = (frame) => frame,
): BoundSocket {
  let released = false;
  const isClosed = () => released || socket.closed;
  return {
    id: socket.id,
    get closed() {
      return isClosed();
    },
    send(frame) {
      if (!isClosed()) socket.send(encode(frame));
    },
    close(code, reason) {
      if (!isClosed()) socket.close(code, reason);
    },
    release() {
      released = true;
    },
  };
}
