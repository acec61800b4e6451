import { SUBPROTOCOL } from '@ramal/contracts';
import { toClientAddress } from '@ramal/runtime';
import type {
  HttpRequest,
  HttpResponse,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
  WebSocketBehavior,
} from 'uws-modern';
import type { Admission, AdmissionRefusal, AdmittedSocket } from './admission.ts';
import { createSilenceWatch } from './silence-watch.ts';
import type { UwsModule } from './uws-module.ts';

/** One agent's connection. Every method may be called at any time, also after the socket is gone. */
export interface AgentSocket {
  readonly id: number;
  /** Sends a text frame; does nothing on a closed socket. */
  send(frame: string): void;
  /** What `work` sends leaves in one piece; one packet costs about as much as one frame. */
  together(work: () => void): void;
  close(code: number, reason: string): void;
  readonly closed: boolean;
}

export interface SocketHandlers {
  /** `bytes` is what it weighed on its way, also where it is not handed on. */
  onMessage(text: string | null, bytes: number): void;
  /** A ping or pong of the client's. */
  onControl(bytes: number): void;
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
  admission: Admission;
  /** Proxies in front whose X-Forwarded-For is believed. */
  trustedHops: number;
  /** How long a socket may finish no frame and answer no ping, in ms. */
  silenceMs: number;
  onRefused(reason: HandshakeRefusal): void;
  /** Cut because it fell silent. */
  onSilent(): void;
  /** False turns new sockets away with 503: the service is stopping. */
  isAccepting(): boolean;
  onOpen(socket: AgentSocket, admitted: AdmittedSocket): SocketHandlers;
}

/** Why a handshake made no socket. */
export type HandshakeRefusal = 'stopping' | 'origin' | 'subprotocol' | AdmissionRefusal;

interface SocketState {
  admitted: AdmittedSocket;
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
  const silence = createSilenceWatch<WebSocket<SocketState>>({
    silenceMs: options.silenceMs,
    ping: (ws) => void ws.ping(),
    cut(ws) {
      options.onSilent();
      ws.close();
    },
  });
  const control = (ws: WebSocket<SocketState>, message: ArrayBuffer) => {
    silence.heard(ws);
    ws.getUserData().handlers?.onControl(message.byteLength);
  };

  const behavior: WebSocketBehavior<SocketState> = {
    maxPayloadLength: maxFrameBytes * 4,
    maxBackpressure: options.maxBackpressureBytes,
    closeOnBackpressureLimit: true,
    idleTimeout: 120,
    sendPingsAutomatically: true,
    compression: 0,
    upgrade: (response, request, context) =>
      upgrade(options, (text) => decoder.decode(text), response, request, context),
    open(ws) {
      const state = ws.getUserData();
      lastId += 1;
      silence.heard(ws);
      state.socket = wrap(ws, lastId);
      state.handlers = options.onOpen(state.socket, state.admitted);
    },
    ping: control,
    pong: control,
    message(ws, message, isBinary) {
      silence.heard(ws);
      const { handlers } = ws.getUserData();
      // The buffer is taken away on return: decoding copies it.
      const readable = !isBinary && message.byteLength <= maxFrameBytes;
      handlers?.onMessage(readable ? decoder.decode(message) : UNREADABLE, message.byteLength);
    },
    close(ws, code) {
      const { socket, handlers, admitted } = ws.getUserData();
      silence.forget(ws);
      admitted.release();
      socket.markClosed();
      handlers?.onClose(code);
    },
  };
  for (const path of PATHS) app.ws<SocketState>(path, behavior);
  app.any('/*', (response) => {
    response
      .writeStatus('404 Not Found')
      .writeHeader('Content-Type', 'application/json')
      // A connection that stays open would be one that no limit counts.
      .end(
        '{"error":{"code":"not_found","message":"connect a WebSocket to /v1/agent","retryable":false}}',
        true,
      );
  });

  const listener = await new Promise<us_listen_socket>((resolve, reject) => {
    app.listen(options.host, options.port, (token) => {
      if (token) resolve(token);
      else reject(new Error(`can't listen on ${options.host}:${options.port}; is the port taken?`));
    });
  });
  const close = () => {
    silence.stop();
    uws.us_listen_socket_close(listener);
  };
  return { port: uws.us_socket_local_port(listener), close };
}

/** Synchronous on purpose: an upgrade that waits can be handed a socket that is gone. */
function upgrade(
  options: UwsServerOptions,
  decode: (text: ArrayBuffer) => string,
  response: HttpResponse,
  request: HttpRequest,
  context: us_socket_context_t,
): void {
  const protocols = request.getHeader('sec-websocket-protocol');
  const refuse = (reason: HandshakeRefusal, status: string, body: string, retryAfterMs?: number) => {
    options.onRefused(reason);
    response.cork(() => {
      response.writeStatus(status);
      if (retryAfterMs !== undefined) {
        response.writeHeader('Retry-After', String(Math.ceil(retryAfterMs / 1000)));
      }
      response.end(body, true);
    });
  };
  if (!options.isAccepting()) return refuse('stopping', '503 Service Unavailable', '', 1_000);
  const origin = request.getHeader('origin');
  if (origin !== '' && !options.isOriginAllowed(origin)) {
    return refuse('origin', '403 Forbidden', 'this origin may not connect');
  }
  const offered = protocols.split(',').map((name) => name.trim());
  if (protocols !== '' && !offered.includes(SUBPROTOCOL)) {
    return refuse('subprotocol', '400 Bad Request', `the subprotocol is ${SUBPROTOCOL}`);
  }
  const peer = decode(response.getRemoteAddressAsText());
  const address = toClientAddress(peer, readForwardedFor(request), options.trustedHops);
  const admitted = options.admission.admit(address);
  if ('refused' in admitted) {
    const { refused, retryAfterMs } = admitted;
    return refused === 'unauthenticated'
      ? refuse(refused, '503 Service Unavailable', 'too many connect at this moment', retryAfterMs)
      : refuse(refused, '429 Too Many Requests', 'too many connections from your address', retryAfterMs);
  }
  const state: Partial<SocketState> = { admitted, handlers: null };
  response.upgrade(
    state as SocketState,
    request.getHeader('sec-websocket-key'),
    protocols === '' ? '' : SUBPROTOCOL,
    request.getHeader('sec-websocket-extensions'),
    context,
  );
}

/** Some proxies write a header of their own below the client's: all of them in their order. */
function readForwardedFor(request: HttpRequest): string {
  const values: string[] = [];
  request.forEach((name, value) => {
    if (name === 'x-forwarded-for') values.push(value);
  });
  return values.join(',');
}

function wrap(ws: WebSocket<SocketState>, id: number): SocketState['socket'] {
  return new UwsSocket(ws, id);
}

/** A class, for every connection has one. */
class UwsSocket implements AgentSocket {
  readonly id: number;
  readonly #ws: WebSocket<SocketState>;
  #closed = false;

  constructor(ws: WebSocket<SocketState>, id: number) {
    this.#ws = ws;
    this.id = id;
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(frame: string): void {
    if (!this.#closed) this.#ws.send(frame, false, false);
  }

  together(work: () => void): void {
    if (!this.#closed) this.#ws.cork(work);
  }

  close(code: number, reason: string): void {
    // Calls the close handler at once, which marks it closed.
    if (!this.#closed) this.#ws.end(code, reason);
  }

  markClosed(): void {
    this.#closed = true;
  }
}
