import { setTimeout as delay } from 'node:timers/promises';
import { type ClientOp, SUBPROTOCOL } from '@ramal/contracts';
import type { ServerEvent } from '@ramal/testkit';
import { WebSocket } from 'ws';
import type { Screen } from './screen.ts';

/** A stretch of time in which the tab was connected and `ready`, epoch ms; `toMs` is Infinity while it lasts. */
interface ConnectedTime {
  fromMs: number;
  toMs: number;
}

export interface AgentTabOptions {
  /** Names the tab; the same at each of its connections. */
  name: string;
  token: string;
  /** Chosen anew for each connection. */
  toGatewayUrl(): string;
  screen: Screen;
  /** Every event, after the screen has it. */
  onEvent(event: ServerEvent): void;
  onGone(): void;
}

/** A tab of an agent's browser: comes back by itself, resumes, and asks one thing after the other. */
export interface AgentTab {
  readonly name: string;
  readonly screen: Screen;
  readonly connected: readonly ConnectedTime[];
  /** How often it came back. */
  reconnects(): number;
  isReady(): boolean;
  /** Cuts the connection without a word and stays away for so long. */
  cut(awayMs: number): void;
  /** Reads nothing more from its present connection, which stays. */
  pause(): void;
  /** Reads again. */
  resume(): void;
  /** The ack's data. @throws Error with `retryable` false where the gateway refused for good */
  request(op: ClientOp, data?: object): Promise<unknown>;
  start(): void;
  /** Comes back now, if it is away. */
  comeBack(): void;
  stop(): void;
}

/** The gateway refused, or did not answer. */
export class TabRequestError extends Error {
  readonly code: string;
  override readonly name = 'TabRequestError';

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const HEARTBEAT_MS = 25_000;
const ANSWER_WITHIN_MS = 15_000;
const BACK_OFF_MS = 300;

interface Waiting {
  resolve(data: unknown): void;
  reject(error: Error): void;
}

export function createAgentTab(options: AgentTabOptions): AgentTab {
  const { name, token, screen } = options;
  const connected: ConnectedTime[] = [];
  const waiting = new Map<string, Waiting>();
  let socket: WebSocket | undefined;
  let ready = false;
  let stopped = false;
  let readies = 0;
  let nextId = 1;
  let away = new AbortController();
  let heartbeat: NodeJS.Timeout | undefined;

  const leave = () => {
    const last = connected.at(-1);
    if (ready && last !== undefined) last.toMs = Date.now();
    ready = false;
    clearInterval(heartbeat);
    for (const { reject } of waiting.values()) reject(new TabRequestError('closed', 'the connection ended'));
    waiting.clear();
    options.onGone();
  };

  const receive = (text: string) => {
    const frame = JSON.parse(text) as {
      op: string;
      replyTo?: string;
      data: { code?: string; message?: string };
    };
    if (frame.op === 'ack' || frame.op === 'error') {
      const asked = waiting.get(frame.replyTo ?? '');
      waiting.delete(frame.replyTo ?? '');
      if (frame.op === 'ack') asked?.resolve(frame.data);
      else asked?.reject(new TabRequestError(frame.data.code ?? '', frame.data.message ?? ''));
      return;
    }
    const event = frame as unknown as ServerEvent;
    const nowMs = Date.now();
    screen.receive(event, nowMs);
    if (event.op === 'ready') {
      ready = true;
      readies += 1;
      connected.push({ fromMs: nowMs, toMs: Number.POSITIVE_INFINITY });
      heartbeat = setInterval(() => void request('ping').catch(() => undefined), HEARTBEAT_MS);
    }
    options.onEvent(event);
  };

  const connect = () => {
    if (stopped) return;
    const opened = new WebSocket(`${options.toGatewayUrl()}/v1/agent`, SUBPROTOCOL, {
      perMessageDeflate: false,
      handshakeTimeout: ANSWER_WITHIN_MS,
    });
    socket = opened;
    opened.once('open', () => {
      const resume = screen.resumeAt();
      const data = { token, tab: name, ...(resume === undefined ? {} : { resume }) };
      opened.send(JSON.stringify({ op: 'auth', id: 'auth', data }));
    });
    opened.on('message', (bytes: Buffer) => {
      if (socket === opened) receive(bytes.toString('utf8'));
    });
    opened.on('error', () => undefined); // the close that follows tells it
    opened.once('close', () => {
      if (socket !== opened) return;
      socket = undefined;
      leave();
      wait(BACK_OFF_MS);
    });
  };

  /** Stays away for a while, then connects. */
  const wait = (ms: number) => {
    away = new AbortController();
    delay(ms, undefined, { signal: away.signal })
      .catch(() => undefined)
      .then(connect, () => undefined);
  };

  const request: AgentTab['request'] = (op, data = {}) => {
    const asked = socket;
    if (asked === undefined || !ready) return Promise.reject(new TabRequestError('closed', 'not connected'));
    const id = `${nextId++}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new TabRequestError('timeout', `no answer to ${op}`));
      }, ANSWER_WITHIN_MS);
      waiting.set(id, {
        resolve: (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      asked.send(JSON.stringify({ op, id, data }));
    });
  };

  return {
    name,
    screen,
    connected,
    reconnects: () => Math.max(0, readies - 1),
    isReady: () => ready,
    request,
    start: connect,
    comeBack: () => away.abort(),
    pause: () => socket?.pause(),
    resume: () => socket?.resume(),
    cut: (awayMs) => {
      const cutOff = socket;
      if (cutOff === undefined) return;
      socket = undefined;
      cutOff.terminate();
      leave();
      wait(awayMs);
    },
    stop: () => {
      stopped = true;
      const closed = socket;
      socket = undefined;
      away.abort();
      if (closed === undefined) return;
      leave();
      closed.terminate();
    },
  };
}
