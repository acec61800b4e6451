import type { Call, Popup, ServerEvents, ServerOp } from '../src/wire.ts';
import { createOrderedTurns } from './ordered-turns.ts';

interface Stored {
  op: ServerOp;
  seq: number;
  data: unknown;
  ts: number;
}

type Answer = (data: unknown) => void;

/** One agent's inbox and what the gateway does with it, as PROTOCOL.md says, in this process. */
export class FakeGateway {
  readonly epoch = 'epoch-1';
  readonly dials: { intentId: string; to: string }[] = [];
  readonly frames: { op: string; id: number; data: Record<string, unknown> }[] = [];
  readonly sockets = new Set<FakeSocket>();
  heartbeatMs = 25_000;
  /** Takes frames and answers none. */
  isMute = false;
  /** Closes what connects with this code. */
  refuseWith: number | null = null;
  calls: Call[] = [];
  popups: Popup[] = [];
  #events: Stored[] = [];
  /** What a client opens connections to this gateway with. */
  readonly WebSocket = toSocketClass(this);

  /** Sockets that are authenticated. */
  get ready(): FakeSocket[] {
    return [...this.sockets].filter(({ isReady }) => isReady);
  }

  /** An event of the inbox: to all that are connected, and kept for the others. */
  push<Op extends ServerOp>(op: Op, data: ServerEvents[Op]): number {
    const stored = this.keep(op, data);
    for (const socket of this.ready) socket.receive(stored);
    return stored.seq;
  }

  /** An event of the inbox that no connection is told. */
  keep<Op extends ServerOp>(op: Op, data: ServerEvents[Op]): Stored {
    const stored = { op, seq: this.#events.length + 1, data, ts: Date.now() };
    this.#events.push(stored);
    return stored;
  }

  /** An event of the connection alone. */
  tell<Op extends ServerOp>(op: Op, data: ServerEvents[Op]): void {
    for (const socket of this.ready) socket.receive({ op, data, ts: Date.now() });
  }

  /** Ends all connections, with a code of the gateway or as a network does. */
  cut(code = 1006): void {
    for (const socket of [...this.sockets]) socket.end(code);
  }

  take(socket: FakeSocket, text: string): void {
    const { op, id, data } = JSON.parse(text) as { op: string; id: number; data: Record<string, unknown> };
    this.frames.push({ op, id, data });
    if (this.isMute) return;
    const ack: Answer = (answer) => socket.receive({ op: 'ack', replyTo: id, data: answer });
    switch (op) {
      case 'auth':
        return this.#welcome(socket, data['resume'] as { epoch: string; seq: number } | undefined);
      case 'dial': {
        const { intentId, to } = data as { intentId: string; to: string };
        if (!this.dials.some((one) => one.intentId === intentId)) this.dials.push({ intentId, to });
        return ack({ intentId, callId: `call-${intentId}` });
      }
      case 'logout':
        ack({});
        return void setTimeout(() => socket.end(1000));
      case 'ping':
        return ack({ ts: Date.now() });
      case 'sync':
        return ack(this.#standing(this.#events.length, 'fresh'));
      case 'auth.refresh':
        return ack({ expiresAt: Date.now() + 60_000 });
      default:
        return ack({ popupId: data['popupId'] });
    }
  }

  /** All that stands, for one that has heard up to `seq`. */
  #standing(seq: number, status: 'fresh' | 'resumed' | 'lost') {
    const { calls, popups, epoch } = this;
    return { calls, popups, claimed: popups.map(({ popupId }) => popupId), resume: { epoch, seq, status } };
  }

  #welcome(socket: FakeSocket, resume: { epoch: string; seq: number } | undefined): void {
    if (this.refuseWith !== null) return socket.end(this.refuseWith);
    const isResumed = resume?.epoch === this.epoch;
    const status = resume === undefined ? 'fresh' : isResumed ? 'resumed' : 'lost';
    const seq = isResumed ? resume.seq : this.#events.length;
    const data = {
      agent: { tenant: 'demo', user: 'ana', ramal: '3501' },
      cti: { enabled: true, state: 'ok' },
      ...this.#standing(seq, status),
      heartbeatMs: this.heartbeatMs,
    };
    socket.receive({ op: 'ready', ts: Date.now(), data });
    for (const event of this.#events.slice(seq)) socket.receive(event);
    socket.isReady = true;
  }
}

/** A browser's WebSocket whose frames arrive a turn later, each way in the order in which they were written. */
export class FakeSocket {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  isReady = false;
  #isOver = false;
  readonly #toClient = createOrderedTurns();
  readonly #toGateway = createOrderedTurns();
  readonly url: string;
  readonly #gateway: FakeGateway;

  constructor(url: string, gateway: FakeGateway) {
    this.url = url;
    this.#gateway = gateway;
    gateway.sockets.add(this);
    this.#toClient(() => this.onopen?.({} as never));
  }

  send(text: string): void {
    this.#toGateway(() => {
      if (!this.#isOver) this.#gateway.take(this, text);
    });
  }

  close(code = 1005): void {
    this.end(code);
  }

  /** Several arrive in one turn, with no time between them for promises. */
  receive(...frames: object[]): void {
    if (this.#isOver) return;
    const texts = frames.map((frame) => JSON.stringify(frame));
    this.#toClient(() => {
      for (const data of texts) this.onmessage?.({ data } as never);
    });
  }

  end(code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.isReady = false;
    this.#gateway.sockets.delete(this);
    this.#toClient(() => this.onclose?.({ code, reason: '' } as never));
  }
}

function toSocketClass(gateway: FakeGateway): new (url: string) => FakeSocket {
  return class extends FakeSocket {
    constructor(url: string) {
      super(url, gateway);
    }
  };
}
