import type { AgentSocket } from './uws-server.ts';

/** One user's end of a socket, which can be taken away while the socket itself stays open. */
export interface BoundSocket extends AgentSocket {
  /** From now on it is closed to whoever still holds it. */
  release(): void;
}

/** @param encode what a frame becomes on its way out */
export function bindSocket(
  socket: AgentSocket,
  encode: ((frame: string) => string) | null = null,
): BoundSocket {
  return new BoundEnd(socket, encode);
}

/** A class, for every agent has two: an object of closures and a getter takes five times the memory. */
class BoundEnd implements BoundSocket {
  readonly id: number;
  readonly #socket: AgentSocket;
  readonly #encode: ((frame: string) => string) | null;
  #released = false;

  constructor(socket: AgentSocket, encode: ((frame: string) => string) | null) {
    this.id = socket.id;
    this.#socket = socket;
    this.#encode = encode;
  }

  get closed(): boolean {
    return this.#released || this.#socket.closed;
  }

  send(frame: string): void {
    // The socket below knows by itself whether it is closed.
    if (!this.#released) this.#socket.send(this.#encode === null ? frame : this.#encode(frame));
  }

  together(work: () => void): void {
    if (!this.#released) this.#socket.together(work);
  }

  close(code: number, reason: string): void {
    if (!this.#released) this.#socket.close(code, reason);
  }

  release(): void {
    this.#released = true;
  }
}
