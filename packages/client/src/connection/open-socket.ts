import { SUBPROTOCOL } from '../wire.ts';

/** What this package needs of a WebSocket: the browser's, Node's own, or that of the package `ws`. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}
export type WebSocketClass = new (url: string, protocol: string) => WebSocketLike;

interface SocketHandlers {
  onOpen(): void;
  onText(text: string): void;
  onClose(code: number, reason: string): void;
}

/** One end of a socket; nothing is heard of it any more once it was dropped. */
export interface Socket {
  /** Writing to one that is closed or closing does nothing. */
  send(text: string): void;
  drop(): void;
}

export type OpenSocket = (handlers: SocketHandlers) => Socket;

/** @throws SyntaxError for what is no address */
export function createSocketOpener(WebSocket: WebSocketClass, url: string): OpenSocket {
  return ({ onOpen, onText, onClose }) => {
    const socket = new WebSocket(url, SUBPROTOCOL);
    let over = false;
    const end = (code: number, reason: string) => {
      if (over) return;
      over = true;
      onClose(code, reason);
    };
    socket.onopen = () => {
      if (!over) onOpen();
    };
    socket.onmessage = ({ data }: { data: unknown }) => {
      if (!over && typeof data === 'string') onText(data);
    };
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => end(code, String(reason));
    // A close follows that says more; that there is a listener keeps Node from taking it for nobody's.
    socket.onerror = () => undefined;
    return {
      send: (text) => {
        if (over) return;
        try {
          socket.send(text);
        } catch {
          // Closed a moment ago: its close is on the way and settles what waits.
        }
      },
      drop: () => {
        over = true;
        socket.close(1000);
      },
    };
  };
}
