import {
  ackFrame,
  type ClientOp,
  type ConnectionEvent,
  connectionEvent,
  errorFrame,
  type InboxEvent,
  inboxEvent,
  SUBPROTOCOL,
} from '@ramal/contracts';
import { type RawData, WebSocket } from 'ws';
import { AgentClosedError, WireError } from './agent-client-errors.ts';
import { sleepUntil } from './sleep-until.ts';

/** Anything the gateway sends by itself. */
export type ServerEvent = InboxEvent | ConnectionEvent;
type EventOf<Op extends ServerEvent['op']> = Extract<ServerEvent, { op: Op }>;
export type ReadyEvent = EventOf<'ready'>;

export interface AgentClientOptions {
  /** Such as `ws://127.0.0.1:4100`, without the path. */
  gatewayUrl: string;
  token: string;
  /** Where an earlier connection stood, to be sent what it missed (I5). */
  resume?: { epoch: string; seq: number } | undefined;
  /** The tab's own name, which it keeps when it reconnects. */
  tab?: string;
  /** False for a tab in the background. */
  focused?: boolean;
  /** Sent as the browser's Origin header. */
  origin?: string;
  /** How long to wait for the socket and `ready`, and for each answer; default 30 000. */
  timeoutMs?: number;
}

export interface WaitOptions {
  /** Default 30 000. */
  timeoutMs?: number;
  /** Index into `events` to look from; default 0. */
  from?: number;
}

/** An agent's connection for tests. Every frame is held against the contract as it comes in. */
export interface AgentClient {
  readonly ready: ReadyEvent['data'];
  /** Every event since `ready`, in the order received. */
  readonly events: readonly ServerEvent[];
  /** Where a later connection may resume. */
  readonly resumeAt: { epoch: string; seq: number };
  /** Resolves when the socket has closed, whoever closed it. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Sends a frame and resolves with the ack's data. @throws WireError | AgentClosedError */
  request(op: ClientOp, data?: unknown): Promise<unknown>;
  /** The first event that fits and that no earlier `waitFor` returned, past events included. */
  waitFor<Op extends ServerEvent['op']>(op: Op, options?: WaitOptions): Promise<EventOf<Op>>;
  waitFor(fits: (event: ServerEvent) => boolean, options?: WaitOptions): Promise<ServerEvent>;
  /** Sends bytes as they are, to see what the gateway makes of them. */
  send(raw: string | Uint8Array): void;
  /** Closes with the WebSocket handshake. */
  close(): Promise<void>;
  /** Cuts the TCP connection, as a network failure would. */
  cut(): void;
}

/**
 * Connects to the gateway's `/v1/agent`, authenticates and waits for `ready`.
 * @throws AgentClosedError with the close code when the gateway refuses; WireError when it says why first.
 */
export async function connectAgent(options: AgentClientOptions): Promise<AgentClient> {
  const { gatewayUrl, token, resume, tab, focused, origin, timeoutMs = 30_000 } = options;
  const socket = new WebSocket(`${gatewayUrl.replace(/\/$/, '')}/v1/agent`, SUBPROTOCOL, {
    handshakeTimeout: timeoutMs,
    ...(origin === undefined ? {} : { origin }),
  });
  const inbox = new Inbox(socket);
  await inbox.opened;

  let nextId = 1;
  const request = async (op: ClientOp, data: unknown = {}): Promise<unknown> => {
    const id = `t${nextId++}`;
    socket.send(JSON.stringify({ op, id, data }));
    const reply = await inbox.take(() => inbox.replies.get(id), timeoutMs, `the answer to ${op}`);
    if (reply.op === 'error') throw new WireError(reply.data);
    return reply.data;
  };
  const waitFor = async (what: string | ((event: ServerEvent) => boolean), wait: WaitOptions = {}) => {
    const fits = typeof what === 'string' ? (event: ServerEvent) => event.op === what : what;
    return inbox.take(
      () => inbox.next(fits, wait.from ?? 0),
      wait.timeoutMs ?? 30_000,
      typeof what === 'string' ? what : 'an event',
    );
  };

  try {
    // The gateway answers auth with `ready` (an ack may come too) or with an error and a close.
    socket.send(JSON.stringify({ op: 'auth', id: 'auth', data: { token, resume, tab, focused } }));
    const ready = await inbox.take(
      () => {
        const reply = inbox.replies.get('auth');
        if (reply?.op === 'error') throw new WireError(reply.data);
        return inbox.ready;
      },
      timeoutMs,
      'ready',
    );
    const { epoch } = ready.data.resume;
    return {
      ready: ready.data,
      events: inbox.events,
      get resumeAt() {
        const resync = inbox.events.findLast((event) => event.op === 'resync');
        const base = resync?.op === 'resync' ? resync.data.resume : ready.data.resume;
        const seqs = inbox.events.map((event) => event.seq ?? 0);
        return { epoch: resync === undefined ? epoch : base.epoch, seq: Math.max(base.seq, ...seqs) };
      },
      closed: inbox.closed,
      request,
      waitFor: waitFor as AgentClient['waitFor'],
      send: (raw) => socket.send(raw),
      close: async () => {
        socket.close(1000);
        await inbox.closed;
      },
      cut: () => socket.terminate(),
    };
  } catch (error) {
    socket.terminate();
    throw error;
  }
}

const CONNECTION_OPS = new Set<string>(connectionEvent.options.map((option) => option.shape.op.value));

type Reply = ReturnType<typeof ackFrame.parse> | ReturnType<typeof errorFrame.parse>;

/** Sorts what arrives into replies and events, and remembers how the socket ended. */
class Inbox {
  readonly events: ServerEvent[] = [];
  readonly replies = new Map<string | number | null, Reply>();
  readonly opened: Promise<void>;
  readonly closed: Promise<{ code: number; reason: string }>;
  ready: ReadyEvent | undefined;
  #returned = new Set<ServerEvent>();
  #ended: { code: number; reason: string } | undefined;
  #violation: Error | undefined;

  constructor(socket: WebSocket) {
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#ended = { code, reason: reason.toString('utf8') };
        resolve(this.#ended);
      });
    });
    this.opened = new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
      socket.on('error', () => undefined); // the close that follows tells it
    });
    socket.on('message', (data) => this.#receive(frameText(data)));
  }

  #receive(text: string): void {
    try {
      const frame = JSON.parse(text) as { op: string };
      if (frame.op === 'ack' || frame.op === 'error') {
        const reply = frame.op === 'ack' ? ackFrame.parse(frame) : errorFrame.parse(frame);
        this.replies.set(reply.replyTo, reply);
        return;
      }
      const event = CONNECTION_OPS.has(frame.op) ? connectionEvent.parse(frame) : inboxEvent.parse(frame);
      if (event.op === 'ready') this.ready ??= event;
      else this.events.push(event);
    } catch (cause) {
      this.#violation ??= new Error(`the gateway broke the contract with ${text.slice(0, 500)}`, { cause });
    }
  }

  next(fits: (event: ServerEvent) => boolean, from: number): ServerEvent | undefined {
    const found = this.events.find(
      (event, index) => index >= from && !this.#returned.has(event) && fits(event),
    );
    if (found !== undefined) this.#returned.add(found);
    return found;
  }

  /** Waits until `look` finds something; a closed socket or a broken contract ends the wait. */
  async take<T>(look: () => T | undefined, timeoutMs: number, what: string): Promise<T> {
    const outcome = await sleepUntil(
      () => {
        if (this.#violation !== undefined) return { error: this.#violation };
        try {
          const value = look();
          if (value !== undefined) return { value };
        } catch (error) {
          return { error };
        }
        const end = this.#ended;
        return end === undefined ? undefined : { error: new AgentClosedError(end.code, end.reason) };
      },
      {
        timeoutMs,
        everyMs: 5,
        describe: () => `${what}; so far: ${this.events.map((event) => event.op).join(', ')}`,
      },
    );
    if ('error' in outcome) throw outcome.error;
    return outcome.value as T;
  }
}

function frameText(data: RawData): string {
  return Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data as Buffer)]).toString('utf8');
}
