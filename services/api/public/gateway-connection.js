import { RequestError } from './http.js';

const SUBPROTOCOL = 'ramal.v1';
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
const READY_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 8_000;
const DEFAULT_HEARTBEAT_MS = 25_000;
/** Logged out, auth failed, tenant disabled: coming back would change nothing. */
const FINAL_CODES = new Set([1000, 4002, 4010]);
const TOKEN_EXPIRED = 4003;

const lost = () => new RequestError({ code: 'connection_lost', message: 'connection lost', retryable: true });

/**
 * An agent's connection: authenticates, resumes where it stood, keeps itself alive and comes back after
 * every loss that a return can mend.
 */
export class GatewayConnection {
  #session;
  #onEvent;
  #onStatus;
  #socket = null;
  #resume = null;
  #pending = new Map();
  #nextId = 1;
  #attempts = 0;
  #ready = false;
  #stopped = false;
  #timers = { retry: 0, ready: 0, heartbeat: 0, renew: 0 };
  /** Names this page across its connections; in memory alone, for a copy of the tab would copy what is stored. */
  #tab = crypto.randomUUID();

  /**
   * @param session AgentSession
   * @param onEvent told every event once, in order, `ready` included
   * @param onStatus told `connecting`, `online`, `waiting` or `refused`; with `refused`, why
   */
  constructor({ session, onEvent, onStatus }) {
    this.#session = session;
    this.#onEvent = onEvent;
    this.#onStatus = onStatus;
    window.addEventListener('online', this.#hurry);
    window.addEventListener('focus', this.#tellFocus);
  }

  /** Opens the connection; comes back by itself until `stop`. */
  start() {
    this.#connect().catch((error) => this.#fail(error));
  }

  /** Sends a command and resolves with the ack's data. Throws RequestError. */
  request(op, data = {}) {
    if (!this.#ready) return Promise.reject(lost());
    return this.#send(op, data);
  }

  /** Logs out and stays away. */
  stop() {
    if (this.#ready) this.#send('logout').catch(() => undefined);
    this.#halt();
    const socket = this.#socket;
    // The gateway closes after a logout; this is for when it does not.
    setTimeout(() => socket?.close(1000), 500);
  }

  async #connect() {
    clearTimeout(this.#timers.retry);
    this.#onStatus('connecting');
    const { gatewayUrl, token } = await this.#session.get();
    if (this.#stopped) return;
    const socket = new WebSocket(`${gatewayUrl}/v1/agent`, SUBPROTOCOL);
    this.#socket = socket;
    this.#timers.ready = setTimeout(() => socket.close(), READY_TIMEOUT_MS);
    socket.addEventListener('open', () => {
      const resume = this.#resume === null ? {} : { resume: this.#resume };
      // The answer is `ready`; an error is followed by a close, which is handled there.
      const focused = document.hasFocus();
      this.#send('auth', { token, ...resume, tab: this.#tab, focused }).catch(() => undefined);
    });
    socket.addEventListener('message', ({ data }) => this.#receive(socket, data));
    socket.addEventListener('close', ({ code, reason }) => this.#lose(socket, code, reason));
  }

  /** No token: refused for good, or the api is away for a while. */
  #fail(error) {
    if (this.#stopped) return;
    if (error instanceof RequestError && !error.retryable) this.#refuse(error.code);
    else this.#retryLater();
  }

  #send(op, data = {}) {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.reject(lost());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new RequestError({ code: 'unavailable', message: 'no answer', retryable: true }));
      }, ANSWER_TIMEOUT_MS);
      this.#pending.set(id, { resolve, reject, timer });
      socket.send(JSON.stringify({ op, id, data }));
    });
  }

  #receive(socket, json) {
    if (socket !== this.#socket || this.#stopped) return;
    const frame = JSON.parse(json);
    if (frame.op === 'ack' || frame.op === 'error') return this.#settle(frame);
    if (frame.op === 'ready') this.#begin(frame.data);
    if (frame.op === 'resync') this.#resume = toPoint(frame.data.resume);
    if (frame.op === 'server.draining') {
      setTimeout(() => socket.close(), frame.data.reconnectAfterMs);
    }
    if (frame.seq !== undefined && this.#resume !== null) {
      if (frame.seq <= this.#resume.seq) return;
      this.#resume = { ...this.#resume, seq: frame.seq };
    }
    this.#onEvent(frame);
  }

  #settle({ op, replyTo, data }) {
    const waiting = this.#pending.get(replyTo);
    if (waiting === undefined) return;
    this.#pending.delete(replyTo);
    clearTimeout(waiting.timer);
    if (op === 'ack') waiting.resolve(data);
    else waiting.reject(new RequestError(data));
  }

  #begin({ resume, heartbeatMs = DEFAULT_HEARTBEAT_MS }) {
    clearTimeout(this.#timers.ready);
    this.#ready = true;
    this.#attempts = 0;
    this.#resume = toPoint(resume);
    this.#timers.heartbeat = setInterval(() => this.#beat(), heartbeatMs);
    this.#scheduleRenewal();
    this.#onStatus('online');
  }

  /** An unanswered ping means that nobody is there, whatever the socket believes. */
  #beat() {
    const socket = this.#socket;
    this.#send('ping').catch(() => {
      socket?.close();
      this.#lose(socket, 1006, 'silent');
    });
  }

  async #renewToken() {
    try {
      const { token } = await this.#session.renew();
      await this.#send('auth.refresh', { token });
    } catch {
      // The gateway closes when the token ends, and the way back brings a new one.
    }
    if (this.#ready) this.#scheduleRenewal();
  }

  #scheduleRenewal() {
    clearTimeout(this.#timers.renew);
    this.#timers.renew = setTimeout(() => void this.#renewToken(), this.#session.renewInMs);
  }

  #lose(socket, code, reason) {
    if (socket === null || socket !== this.#socket) return;
    this.#socket = null;
    this.#settleDown();
    if (this.#stopped) return;
    if (FINAL_CODES.has(code)) return this.#refuse(reason);
    if (code === TOKEN_EXPIRED) this.#session.forget();
    this.#retryLater();
  }

  /** Exponential backoff with full jitter, so that a gateway's agents don't all return at once. */
  #retryLater() {
    this.#onStatus('waiting');
    const ceilingMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(this.#attempts, 10));
    this.#attempts += 1;
    clearTimeout(this.#timers.retry);
    this.#timers.retry = setTimeout(() => this.start(), Math.random() * ceilingMs);
  }

  #hurry = () => {
    if (!this.#stopped && this.#socket === null) this.start();
  };

  /** The next pop-up comes to the front where a person looked last. */
  #tellFocus = () => {
    if (this.#ready) this.#send('focus').catch(() => undefined);
  };

  #refuse(reason) {
    this.#halt();
    this.#onStatus('refused', reason);
  }

  #halt() {
    this.#stopped = true;
    this.#settleDown();
    clearTimeout(this.#timers.retry);
    window.removeEventListener('online', this.#hurry);
    window.removeEventListener('focus', this.#tellFocus);
  }

  #settleDown() {
    this.#ready = false;
    clearTimeout(this.#timers.ready);
    clearInterval(this.#timers.heartbeat);
    clearTimeout(this.#timers.renew);
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(lost());
    }
    this.#pending.clear();
  }
}

function toPoint({ epoch, seq }) {
  return { epoch, seq };
}
