import type { Alarms } from '../alarms.ts';
import { connectionLost, RamalError } from '../ramal-error.ts';
import type { ServerClock } from '../server-clock.ts';
import type {
  AckFrame,
  ClientCommands,
  ClientOp,
  CommandAcks,
  ErrorFrame,
  ResumePoint,
  ServerEvent,
  Standing,
} from '../wire.ts';
import { toRetryDelayMs } from './backoff.ts';
import {
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
  toStep,
} from './connection-table.ts';
import { InboxOrder } from './inbox-order.ts';
import {
  GOOD_AFTER_MS,
  HELD_OFF_MS,
  HURRY_APART_MS,
  type LinkSettings,
  REFRESH_APART_MS,
  SLOW_ANSWER_MS,
} from './link-settings.ts';
import { type LinkStatus, type StatusReason, toCloseMeaning } from './link-status.ts';
import type { OpenSocket, Socket } from './open-socket.ts';
import { Replies } from './replies.ts';
import { type AgentTokenHeld, type TokenSource, toSpareMs } from './token-source.ts';

type LinkAlarm = 'wait' | 'ready' | 'heartbeat' | 'pong' | 'slow' | 'refresh';

export interface LinkDeps {
  openSocket: OpenSocket;
  tokens: TokenSource;
  clock: ServerClock;
  alarms: Alarms<LinkAlarm>;
  settings: LinkSettings;
  /** The name that claims of pop-ups go by, and whether somebody looks. */
  manners(): { tab: string; focused: boolean };
  /** How far all that hear of this connection have heard. */
  resumeAt(): ResumePoint | null;
  /** Whether a token is of the person whose connection this is. */
  isOurs(token: AgentTokenHeld): boolean;
  /** Every event, in order, as it comes; `ready` before the status `connected`. */
  onEvent(event: ServerEvent): void;
  /** The answer to `sync`, in its place among the events. */
  onStanding(standing: Standing): void;
  onStatus(status: LinkStatus): void;
  now?: () => number;
  random?: () => number;
}

/**
 * One connection to the gateway that comes back by itself. What it does when is in connection-table.ts; here is how.
 */
export class Link {
  readonly #deps: LinkDeps;
  readonly #now: () => number;
  #state: ConnectionState = 'idle';
  #status: LinkStatus = { state: 'disconnected', reason: 'not_started' };
  #reason: StatusReason | null = null;
  #socket: Socket | null = null;
  #replies = new Replies();
  #order = new InboxOrder();
  /** Events came in the wrong order: which of them are missing can't be known. */
  #hasLost = false;
  #token: AgentTokenHeld | null = null;
  #attempt = 0;
  #heartbeatMs = 0;
  #connectedAt = 0;
  #triedAt = 0;
  #notBefore = 0;
  #moveAfterMs = 0;
  /** Counts what is waited for: an answer to an older question is nobody's. */
  #round = 0;

  constructor(deps: LinkDeps) {
    this.#deps = deps;
    this.#now = deps.now ?? Date.now;
  }

  get status(): LinkStatus {
    return this.#status;
  }

  /** Opens the connection; after it failed or was stopped, once more. */
  start(): void {
    this.#attempt = 0;
    this.#reason = null;
    this.#dispatch('start');
  }

  /** Leaves for now. `reason` is what the status says then. */
  stop(reason: StatusReason): void {
    this.#reason = reason;
    this.#dispatch('stop');
  }

  /** The page woke up or the network is back: looks at once whether the connection stands, or tries to get it back. */
  hurry(): void {
    this.#deps.alarms.check();
    const now = this.#now();
    if (this.#state === 'waiting' && (now < this.#notBefore || now - this.#triedAt < HURRY_APART_MS)) return;
    this.#dispatch('hurry');
  }

  /** Does what is overdue, for a page whose timers are held back. */
  check(): void {
    this.#deps.alarms.check();
  }

  /** Sends a command at once and resolves with its ack. @throws RamalError, `connection_lost` when there is no connection */
  request<Op extends ClientOp>(op: Op, data: ClientCommands[Op]): Promise<CommandAcks[Op]> {
    if (this.#state !== 'connected' && this.#state !== 'draining') return Promise.reject(connectionLost());
    return this.#send(op, data);
  }

  #send<Op extends ClientOp>(op: Op, data: ClientCommands[Op]): Promise<CommandAcks[Op]> {
    const { alarms } = this.#deps;
    const answer = this.#replies.ask(op, (id) =>
      this.#socket?.send(JSON.stringify({ op, id, data: data ?? {} })),
    );
    if (op !== 'ping' && op !== 'auth') {
      alarms.set('slow', SLOW_ANSWER_MS, () => this.#probe());
      const settled = () => alarms.clear('slow');
      answer.then(settled, settled);
    }
    return answer as Promise<CommandAcks[Op]>;
  }

  #dispatch(event: ConnectionEvent): void {
    const step = toStep(this.#state, event);
    if (step === null) return;
    const was = this.#state;
    this.#state = step.to;
    if (was !== step.to) this.#leave(was);
    for (const effect of step.effects) this.#perform(effect);
    this.#tell();
  }

  /** What belonged to the state before is over. */
  #leave(was: ConnectionState): void {
    const { alarms } = this.#deps;
    const stands = this.#state === 'connected' || this.#state === 'draining';
    if (stands && was !== 'greeting') return;
    if (this.#state === 'greeting') return;
    alarms.clear('wait', 'ready');
    this.#round += 1;
    if (stands) return;
    alarms.clear('heartbeat', 'pong', 'slow', 'refresh');
    if ((was === 'connected' || was === 'draining') && this.#now() - this.#connectedAt >= GOOD_AFTER_MS) {
      this.#attempt = 0;
    }
    this.#replies.loseAll();
  }

  #perform(effect: ConnectionEffect): void {
    const { alarms, settings, random } = this.#deps;
    switch (effect) {
      case 'askToken':
        return this.#askToken();
      case 'openSocket':
        return this.#openSocket();
      case 'greet':
        return this.#greet();
      case 'settle':
        return this.#settle();
      case 'probe':
        return this.#probe();
      case 'scheduleRetry': {
        const delayMs = Math.max(
          toRetryDelayMs(this.#attempt, settings, random),
          this.#notBefore - this.#now(),
        );
        this.#attempt += 1;
        return alarms.set('wait', delayMs, () => this.#dispatch('due'));
      }
      case 'scheduleMove':
        return alarms.set('wait', this.#moveAfterMs, () => this.#dispatch('due'));
      case 'dropSocket':
        this.#socket?.drop();
        this.#socket = null;
        return undefined;
    }
  }

  #askToken(): void {
    const { alarms, tokens, clock, settings } = this.#deps;
    this.#triedAt = this.#now();
    alarms.set('ready', settings.connectTimeoutMs, () => this.#overdue('token_missing'));
    this.#await(
      () => tokens.get(clock.now()),
      (token) => {
        this.#token = token;
        this.#dispatch('token_came');
      },
      () => {
        this.#reason = 'token_missing';
        this.#dispatch('token_missing');
      },
    );
  }

  /** Hands on what `ask` brings, if that is still asked for and of the same person. */
  #await(
    ask: () => Promise<AgentTokenHeld>,
    onToken: (token: AgentTokenHeld) => void,
    onMissing: () => void,
  ): void {
    const round = this.#round;
    const isLate = () => round !== this.#round;
    ask().then(
      (token) => {
        if (isLate()) return;
        if (this.#deps.isOurs(token)) onToken(token);
        else this.#deny('agent_changed');
      },
      (error: unknown) => {
        if (isLate()) return;
        if (error instanceof RamalError && !error.retryable) this.#deny('token_denied');
        else onMissing();
      },
    );
  }

  #deny(reason: StatusReason): void {
    this.#reason = reason;
    this.#dispatch('token_denied');
  }

  #overdue(reason: StatusReason): void {
    this.#reason = reason;
    this.#dispatch('overdue');
  }

  #openSocket(): void {
    const { openSocket, alarms, settings } = this.#deps;
    alarms.set('ready', settings.connectTimeoutMs, () => this.#overdue('timeout'));
    this.#replies = new Replies();
    this.#order = new InboxOrder();
    try {
      this.#socket = openSocket({
        onOpen: () => this.#dispatch('opened'),
        onText: (text) => this.#receive(text),
        onClose: (code) => this.#lose(code),
      });
    } catch {
      // A page may not open this address, for now: its policy or its address may be about to change.
      setTimeout(() => this.#lose(1006));
    }
  }

  #lose(code: number): void {
    const { reason, reconnect } = toCloseMeaning(code);
    this.#socket = null;
    this.#reason = reason;
    if (reason === 'token_expired' || reason === 'auth_failed') this.#deps.tokens.forget();
    if (reason === 'rate_limited' || reason === 'superseded') this.#notBefore = this.#now() + HELD_OFF_MS;
    this.#dispatch(reconnect ? 'lost' : 'refused');
  }

  #greet(): void {
    const { manners, resumeAt } = this.#deps;
    const resume = this.#hasLost ? null : resumeAt();
    const auth = { token: this.#token?.token ?? '', ...manners(), ...(resume === null ? {} : { resume }) };
    // The answer is `ready`; an error is followed by a close, which says what to do.
    this.#send('auth', auth).catch(() => undefined);
  }

  #receive(text: string): void {
    const frame = parse(text);
    if (frame === null) return;
    if (frame.op === 'ack' || frame.op === 'error') return this.#hearAnswer(frame);
    const { clock, settings } = this.#deps;
    if (!this.#order.take(frame)) return this.#distrust();
    if (frame.op === 'ready') {
      this.#hasLost = false;
      clock.learn(frame.ts, this.#now());
      this.#heartbeatMs = Math.min(frame.data.heartbeatMs, settings.heartbeatMs);
    }
    this.#deps.onEvent(frame);
    if (frame.op === 'ready') this.#dispatch('ready');
    if (frame.op === 'server.draining') {
      this.#moveAfterMs = frame.data.reconnectAfterMs;
      this.#reason = 'restarting';
      this.#dispatch('draining');
    }
  }

  #hearAnswer(frame: AckFrame | ErrorFrame): void {
    if (frame.op === 'ack' && this.#replies.opOf(frame) === 'sync') {
      const standing = frame.data as Standing;
      this.#order.goOnFrom(standing.resume);
      this.#deps.onStanding(standing);
    }
    this.#replies.settle(frame);
  }

  /** Takes no event out of order: comes back for what is missing, or for all that stands where that can't be known. */
  #distrust(): void {
    this.#hasLost ||= this.#order.hasBegun;
    this.#overdue('protocol_error');
  }

  #settle(): void {
    this.#connectedAt = this.#now();
    this.#reason = null;
    this.#planHeartbeat();
    this.#planRefresh();
  }

  #planHeartbeat(): void {
    this.#deps.alarms.set('heartbeat', this.#heartbeatMs, () => {
      this.#probe();
      this.#planHeartbeat();
    });
  }

  /** Is anybody there? */
  #probe(): void {
    const { alarms, clock, settings } = this.#deps;
    // One question at a time: a later one gives nobody more time to answer.
    if (alarms.isSet('pong')) return;
    const sentMs = this.#now();
    alarms.set('pong', settings.pingTimeoutMs, () => this.#overdue('silent'));
    this.#send('ping', undefined).then(
      ({ ts }) => {
        alarms.clear('pong');
        clock.learn(ts, sentMs, this.#now());
      },
      () => undefined, // the connection went, which is told elsewhere
    );
  }

  /** Asks for the next token well before this one ends; after a failure soon again. */
  #planRefresh(): void {
    const { alarms, clock } = this.#deps;
    const { expiresAtMs } = this.#token ?? { expiresAtMs: null };
    if (expiresAtMs === null) return;
    const lifeMs = expiresAtMs - clock.now();
    alarms.set('refresh', Math.max(lifeMs - toSpareMs(lifeMs), REFRESH_APART_MS), () => this.#refresh());
  }

  /** What goes wrong here is tried again, and in the end mended by a new connection with a new token. */
  #refresh(): void {
    const { tokens, clock, alarms, settings } = this.#deps;
    alarms.set('refresh', settings.connectTimeoutMs, () => this.#planRefresh());
    this.#await(
      () => tokens.renew('refresh', clock.now()),
      (token) => {
        this.request('auth.refresh', { token: token.token }).then(
          ({ expiresAt }) => {
            this.#token = { ...token, expiresAtMs: expiresAt };
            this.#planRefresh();
          },
          () => undefined,
        );
      },
      () => this.#planRefresh(),
    );
  }

  #tell(): void {
    const next = toStatus(this.#state, this.#reason);
    if (next.state === this.#status.state && next.reason === this.#status.reason) return;
    this.#status = next;
    this.#deps.onStatus(next);
  }
}

function toStatus(state: ConnectionState, reason: StatusReason | null): LinkStatus {
  switch (state) {
    case 'connected':
    case 'draining':
      return { state: 'connected', reason: null };
    case 'token':
    case 'opening':
    case 'greeting':
      return { state: 'connecting', reason };
    case 'waiting':
    case 'idle':
      return { state: 'disconnected', reason };
    case 'failed':
      return { state: reason === 'logged_out' ? 'disconnected' : 'failed', reason };
  }
}

/** Null for what is no frame: ops and fields that are newer than this package pass, and are ignored where they are read. */
function parse(text: string): ServerEvent | AckFrame | ErrorFrame | null {
  try {
    const frame: unknown = JSON.parse(text);
    const isFrame = typeof frame === 'object' && frame !== null && 'op' in frame && 'data' in frame;
    return isFrame ? (frame as ServerEvent | AckFrame | ErrorFrame) : null;
  } catch {
    return null;
  }
}
