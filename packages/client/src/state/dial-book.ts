import type { Call, DialStep } from '../wire.ts';
import type { OwnDial } from './dial.ts';
import { type DialOp, toDialState } from './dial-state.ts';

/** So many dials of a tab are remembered; a call's last word comes long before. */
const MOST_REMEMBERED = 100;

/** The dials that this tab asked for, by every intentId that they go by. */
export class DialBook {
  readonly #dials = new Map<string, OwnDial>();

  get(intentId: string): OwnDial | undefined {
    return this.#dials.get(intentId);
  }

  add(dial: OwnDial): void {
    this.#dials.set(dial.intentId, dial);
    const [oldest] = this.#dials.keys();
    if (this.#dials.size > MOST_REMEMBERED && oldest !== undefined) this.#dials.delete(oldest);
  }

  /**
   * The gateway has a dial. A second click is the first one under its name: of one that is in this book already that is
   * the answer.
   */
  acked(dial: OwnDial, { intentId, callId }: { intentId: string; callId: string }): OwnDial {
    const first = this.#dials.get(intentId);
    if (first !== undefined && first !== dial) {
      this.#dials.set(dial.intentId, first);
      first.acked(intentId, callId);
      return first;
    }
    dial.acked(intentId, callId);
    this.#dials.set(intentId, dial);
    return dial;
  }

  apply(op: DialOp, { intentId, callId, reason }: DialStep): void {
    const dial = this.#dials.get(intentId);
    if (dial === undefined) return;
    // Events may come before the ack, and in its place.
    dial.acked(intentId, callId);
    dial.step(toDialState(op, reason), reason ?? null);
  }

  /** Events were lost: what became of a dial is known from its call, or not at all. */
  reconcile(calls: readonly Call[]): void {
    for (const dial of this.#dials.values()) {
      if (dial.callId === null) continue;
      const call = calls.find(({ intentId }) => intentId === dial.intentId);
      if (call === undefined) dial.step('uncertain', 'events_lost');
      else if (call.state === 'ringing' || call.state === 'answered') {
        if (call.reason === null) dial.step('accepted', null);
        else dial.step('uncertain', call.reason);
      }
    }
  }

  /** Nothing more will be heard. */
  close(): void {
    for (const dial of this.#dials.values()) dial.step('uncertain', 'client_closed');
  }
}
