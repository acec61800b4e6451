import { createEmitter, type Emitter, type Unsubscribe } from '../emitter.ts';
import { type DialOutcomeReason, type DialState, type DialStatus, isFinal, isNews } from './dial-state.ts';

/** A click that the gateway has recorded, and what becomes of it. */
export interface Dial extends DialStatus {
  /** The number as it was asked for. */
  readonly to: string;
  /** Calls `listener` at each step; returns what ends that. */
  on(name: 'step', listener: (status: DialStatus) => void): Unsubscribe;
  /** The final step. Comes at the latest 12 s after the click while connected, and is never an error. */
  readonly final: Promise<DialStatus>;
  /**
   * Takes the dial back, if the CTI has not been asked yet.
   * @throws RamalError `intent_not_cancelable` when it has
   */
  cancel(): Promise<void>;
}

/** A dial that this tab asked for. */
export class OwnDial implements Dial {
  readonly to: string;
  readonly final: Promise<DialStatus>;
  intentId: string;
  callId: string | null = null;
  state: DialState = 'asked';
  reason: DialOutcomeReason | null = null;
  readonly #emitter: Emitter<{ step: DialStatus }> = createEmitter();
  readonly #cancel: (intentId: string) => Promise<unknown>;
  #finish: (status: DialStatus) => void = () => undefined;
  #acknowledge: () => void = () => undefined;
  /** Resolves once the gateway is known to have it, by the ack or by an event that came first. */
  readonly acknowledged: Promise<void>;

  constructor(intentId: string, to: string, cancel: (intentId: string) => Promise<unknown>) {
    this.intentId = intentId;
    this.to = to;
    this.#cancel = cancel;
    this.final = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.acknowledged = new Promise((resolve) => {
      this.#acknowledge = resolve;
    });
  }

  get status(): DialStatus {
    const { intentId, callId, state, reason } = this;
    return { intentId, callId, state, reason };
  }

  on(name: 'step', listener: (status: DialStatus) => void): Unsubscribe {
    return this.#emitter.on(name, listener);
  }

  async cancel(): Promise<void> {
    await this.#cancel(this.intentId);
  }

  /** @internal */
  acked(intentId: string, callId: string): void {
    this.intentId = intentId;
    this.callId = callId;
    if (this.state === 'asked') this.state = 'queued';
    this.#acknowledge();
  }

  /** @internal Takes a step, unless it is over or that is older news. */
  step(state: DialState, reason: DialOutcomeReason | null): void {
    if (!isNews(this.state, state)) return;
    this.state = state;
    this.reason = reason;
    const { status } = this;
    this.#emitter.emit('step', status);
    if (isFinal(state)) this.#finish(status);
  }
}
