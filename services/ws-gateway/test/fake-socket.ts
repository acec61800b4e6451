import type { AgentSocket } from '../src/uws-server.ts';

export interface Frame {
  op: string;
  seq?: number;
  replyTo?: string | number | null;
  claimed?: boolean;
  // biome-ignore lint: tests read what they expect
  data: any; // oxlint-disable-line typescript/no-explicit-any
}

export interface FakeSocket extends AgentSocket {
  frames: Frame[];
  /** What it was closed with, null while it is open. */
  closedWith: { code: number; reason: string } | null;
  onClose: (code: number) => void;
}

let lastId = 0;

/** A socket that remembers; closing calls `onClose` at once, as the real one does. */
export function createFakeSocket(): FakeSocket {
  lastId += 1;
  const socket: FakeSocket = {
    id: lastId,
    frames: [],
    closedWith: null,
    onClose: () => undefined,
    get closed() {
      return socket.closedWith !== null;
    },
    send(frame) {
      if (!socket.closed) socket.frames.push(JSON.parse(frame) as Frame);
    },
    together: (work) => work(),
    close(code, reason) {
      if (socket.closed) return;
      socket.closedWith = { code, reason };
      socket.onClose(code);
    },
  };
  return socket;
}
