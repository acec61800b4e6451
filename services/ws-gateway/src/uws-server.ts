import { SUBPROTOCOL } from '@ramal/contracts';
import type {
  HttpRequest,
  HttpResponse,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
  WebSocketBehavior,
} from 'uws-modern';
import type { UwsModule } from './uws-module.ts';

/** One agent's connection. Every method may be called at any time, also after the socket is gone. */
export interface AgentSocket {
  readonly id: number;
  /** Sends a text frame; does nothing on a closed socket. */
  send(frame: string): void;
  close(code: number, reason: string): void;
  readonly closed: boolean;
}

export interface SocketHandlers {
  onMessage(text: string | null): void;
  onClose(code: number): void;
}

export interface UwsServerOptions {
  uws: UwsModule;
  host: string;
  port: number;
  maxBackpressureBytes: number;
  /** Frames above this are answered with an error; frames above four times this cut the socket. */
  maxFrameBytes: number;
  isOriginAllowed(origin: string): boolean;
  /** False turns new sockets away with 503: the service is stopping. */
  isAccepting(): boolean;
  /** `remoteAddress` is the nearest proxy's where there is one. */
  onOpen(socket: AgentSocket, remoteAddress: string): SocketHandlers;
}

interface SocketState {
  socket: AgentSocket & { markClosed(): void };
  handlers: SocketHandlers | null;
}

/** Old clients connect to the bare host (R47). */
const PATHS = ['/v1/agent', '/'];

/** What `onMessage` gets for a frame it should not even look at is null: binary, or too large. */
const UNREADABLE = null;

/** The WebSocket server itself: nothing outside this file ever holds a raw uWebSockets handle. */
export async function startUwsServer(options: UwsServerOptions): Promise<{ port: number; close(): void }> {
  const { uws, maxFrameBytes } = options;
  let lastId = 0;
  const decoder = new TextDecoder();
  const app = uws.App();

  const behavior: WebSocketBehavior<SocketState> = {
    maxPayloadLength: maxFrameBytes * 4,
    maxBackpressure: options.maxBackpressureBytes,
    closeOnBackpressureLimit: true,
    idleTimeout: 120,
    sendPingsAutomatically: true,
    compression: 0,
    upgrade: (response, request, context) => upgrade(options, response, request, context),
    open(ws) {
      const state = ws.getUserData();
      lastId += 1;
      state.socket = wrap(ws, lastId);
      state.handlers = options.onOpen(state.socket, decoder.decode(ws.getRemoteAddressAsText()));
    },
    message(ws, message, isBinary) {
      const { handlers } = ws.getUserData();
      // The buffer is taken away on return: decoding copies it.
      const readable = !isBinary && message.byteLength <= maxFrameBytes;
      handlers?.onMessage(readable ? decoder.decode(message) : UNREADABLE);
    },
    close(ws, code) {
      const { socket, handlers } = ws.getUserData();
      socket.markClosed();
      handlers?.onClose(code);
    },
  };
  for (const path of PATHS) app.ws<SocketState>(path, behavior);
  app.any('/*', (response) => {
    response
      .writeStatus('404 Not Found')
      .writeHeader('Content-Type', 'application/json')
      .end('{"error":{"code":"not_found","message":"connect a WebSocket to /v1/agent","retryable":false}}');
  });

  const listener = await new Promise<us_listen_socket>((resolve, reject) => {
    app.listen(options.host, options.port, (token) => {
      if (token) resolve(token);
      else reject(new Error(`can't listen on ${options.host}:${options.port}; is the port taken?`));
    });
  });
  return { port: uws.us_socket_local_port(listener), close: () => uws.us_listen_socket_close(listener) };
}

/** Synchronous on purpose: an upgrade that waits can be handed a socket that is gone. */
function upgrade(
  options: UwsServerOptions,
  response: HttpResponse,
  request: HttpRequest,
  context: us_socket_context_t,
): void {
  const origin = request.getHeader('origin');
  const protocols = request.getHeader('sec-websocket-protocol');
  const offered = protocols.split(',').map((name) => name.trim());
  if (!options.isAccepting()) {
    response.writeStatus('503 Service Unavailable').writeHeader('Retry-After', '1').end();
    return;
  }
  if (origin !== '' && !options.isOriginAllowed(origin)) {
    response.writeStatus('403 Forbidden').end('this origin may not connect');
    return;
  }
  if (protocols !== '' && !offered.includes(SUBPROTOCOL)) {
    response.writeStatus('400 Bad Request').end(`the subprotocol is ${SUBPROTOCOL}`);
    return;
  }
  const state: Partial<SocketState> = { handlers: null };
  response.upgrade(
    state as SocketState,
    request.getHeader('sec-websocket-key'),
    protocols === '' ? '' : SUBPROTOCOL,
    request.getHeader('sec-websocket-extensions'),
    context,
  );
}

function wrap(ws: WebSocket<SocketState>, id: number): SocketState['socket'] {
  let closed = false;
  return {
    id,
    get closed() {
      return closed;
    },
    send(frame) {
      if (!closed) ws.send(frame, false, false);
    },
    close(code, reason) {
      // Calls the close handler at once, which marks it closed.
      if (!closed) ws.end(code, reason);
    },
    markClosed() {
      closed = true;
    },
  };
}
