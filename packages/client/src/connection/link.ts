import type { Alarms } from '../alarms.ts';
import { connectionLost } from '../ramal-error.ts';
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
import { GOOD_AFTER_MS, HELD_OFF_MS, HURRY_APART_MS, type LinkSettings } from './link-settings.ts';
import { type LinkStatus, type StatusReason, toCloseMeaning, toStatus } from './link-status.ts';
import { LinkToken } from './link-token.ts';
import type { OpenSocket, Socket } from './open-socket.ts';
import { Pulse, type PulseAlarm } from './pulse.ts';
import { readFrame } from './read-frame.ts';
import { Replies } from './replies.ts';
import type { AgentTokenHeld, TokenSource } from './token-source.ts';

type LinkAlarm = 'wait' | 'ready' | 'refresh' | PulseAlarm;

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
  readonly #token: LinkToken;
  readonly #pulse: Pulse;
  #state: ConnectionState = 'idle';
  #status: LinkStatus = { state: 'disconnected', reason: 'not_started' };
  #reason: StatusReason | null = null;
  #socket: Socket | null = null;
  #replies = new Replies();
  #order = new InboxOrder();
  /** Events came in the wrong order: which of them are missing can't be known. */
  #hasLost = false;
  #attempt = 0;
  #heartbeatMs = 0;
  #connectedAt = 0;
  #triedAt = 0;
  #notBefore = 0;
  #moveAfterMs = 0;

  constructor(deps: LinkDeps) {
    this.#deps = deps;
    this.#now = deps.now ?? Date.now;
    this.#token = new LinkToken({
      ...deps,
      onDenied: (reason) => this.#deny(reason),
      show: (token) => this.request('auth.refresh', { token }),
    });
    this.#pulse = new Pulse({
      ...deps,
      now: this.#now,
      ping: () => this.#send('ping', undefined),
      onSilent: () => this.#overdue('silent'),
    });
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
    const answer = this.#replies.ask(op, (id) =>
      this.#socket?.send(JSON.stringify({ op, id, data: data ?? {} })),
    );
    if (op !== 'ping' && op !== 'auth') this.#pulse.watch(answer);
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
    const stands = this.#state === 'connected' || this.#state === 'draining';
    if (stands && was !== 'greeting') return;
    if (this.#state === 'greeting') return;
    this.#deps.alarms.clear('wait', 'ready');
    this.#token.dismiss();
    if (stands) return;
    this.#pulse.stop();
    this.#deps.alarms.clear('refresh');
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
        return this.#pulse.probe();
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
    const { alarms, settings } = this.#deps;
    this.#triedAt = this.#now();
    alarms.set('ready', settings.connectTimeoutMs, () => this.#overdue('token_missing'));
    this.#token.ask(
      () => this.#dispatch('token_came'),
      () => {
        this.#reason = 'token_missing';
        this.#dispatch('token_missing');
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
    const auth = { token: this.#token.text, ...manners(), ...(resume === null ? {} : { resume }) };
    // The answer is `ready`; an error is followed by a close, which says what to do.
    this.#send('auth', auth).catch(() => undefined);
  }

  #receive(text: string): void {
    const frame = readFrame(text);
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
      this.#order.seq = standing.resume.seq;
      this.#deps.onStanding(standing);
    }
    this.#replies.settle(frame);
  }

  /** Takes no event out of order: comes back for what is missing, or for all that stands where that can't be known. */
  #distrust(): void {
    this.#hasLost ||= this.#order.seq !== null;
    this.#overdue('protocol_error');
  }

  #settle(): void {
    this.#connectedAt = this.#now();
    this.#reason = null;
    this.#pulse.begin(this.#heartbeatMs);
    this.#token.planRefresh();
  }

  #tell(): void {
    const next = toStatus(this.#state, this.#reason);
    if (next.state === this.#status.state && next.reason === this.#status.reason) return;
    this.#status = next;
    this.#deps.onStatus(next);
  }
}
