import type { Emitter } from '../emitter.ts';
import type { Agent, CtiStatus, Ready, ResumedPoint, ServerEvent, Standing } from '../wire.ts';
import { CallBook, type CallEvents } from './call-book.ts';
import { DialBook } from './dial-book.ts';
import { type DialStatus, toDialState } from './dial-state.ts';
import { InboxPosition } from './inbox-position.ts';
import { PopupBook, type PopupBookDeps } from './popup-book.ts';
import type { PopupEvents } from './shown-popup.ts';

/** What a page hears of. */
export interface StateEvents extends PopupEvents, CallEvents {
  /** The connection stands. `lost`: what happened meanwhile is not all known; `resync` has been told before. */
  ready: { agent: Agent; cti: CtiStatus; resume: ResumedPoint['status'] };
  /** Whether calls can be made has changed: with `enabled` false hide the call buttons (R1). */
  cti: CtiStatus;
  /** A dial of this agent went a step further, whichever tab or device asked for it. */
  dial: DialStatus;
  /** Events were lost for good: `calls` and `popups` have been replaced by what stands. */
  resync: { calls: number; popups: number };
}

/** All that stands for a tab, to begin another one with. */
export interface StateSnapshot extends Ready {
  claimed: string[];
}

export interface AgentStateDeps extends Omit<PopupBookDeps, 'emitter'> {
  emitter: Emitter<StateEvents>;
}

/** What one tab knows: each event counts once, whatever way and however often it comes (I5). */
export class AgentState {
  readonly position = new InboxPosition();
  readonly dials = new DialBook();
  readonly popups: PopupBook;
  readonly calls: CallBook;
  agent: Agent | null = null;
  cti: CtiStatus | null = null;
  readonly #emitter: Emitter<StateEvents>;
  #heartbeatMs = 0;

  constructor(deps: AgentStateDeps) {
    this.#emitter = deps.emitter;
    this.popups = new PopupBook(deps);
    this.calls = new CallBook(deps.emitter);
  }

  /** What another tab may begin with; null while there is nothing. */
  snapshot(): StateSnapshot | null {
    const { agent, cti } = this;
    const { point } = this.position;
    if (agent === null || cti === null || point === null) return null;
    return {
      agent,
      cti,
      calls: [...this.calls.calls.list],
      popups: this.popups.unclaimed,
      claimed: this.popups.claimed,
      resume: { ...point, status: 'lost' },
      heartbeatMs: this.#heartbeatMs,
    };
  }

  /** Does what an event says; false for one that was heard before. */
  apply(event: ServerEvent): boolean {
    this.popups.sweep();
    if (this.position.take(event)) {
      this.#apply(event);
      return true;
    }
    // Who brings it to the front is news even where the pop-up is none.
    if (event.op === 'popup.show') this.popups.claim(event.data.popupId, event.claimed ?? true);
    return false;
  }

  /** These and no others stand: the answer to `sync`, or what another tab knows. */
  replace(standing: Standing): void {
    const isFirst = this.position.point === null;
    this.position.begin(standing.resume);
    this.calls.replaceAll(standing.calls);
    this.popups.replaceAll(standing.popups, toClaimed(standing), isFirst);
    this.dials.reconcile(standing.calls);
  }

  /** Begins with, or catches up by, what another tab knows. */
  restore(snapshot: StateSnapshot): void {
    const isFirst = this.position.point === null;
    this.#replaceAfterLoss(snapshot);
    this.#become(snapshot, isFirst ? 'fresh' : 'lost');
  }

  #apply(event: ServerEvent): void {
    const emitter = this.#emitter;
    switch (event.op) {
      case 'ready':
        return this.#begin(event.data);
      case 'resync':
        return this.#replaceAfterLoss(event.data);
      case 'cti.status':
        this.cti = event.data;
        return emitter.emit('cti', event.data);
      case 'popup.show':
        return this.popups.show(event.data, event.claimed ?? true);
      case 'popup.update':
        return this.popups.update(event.data);
      case 'popup.hide':
        return this.popups.hide(event.data.popupId, event.data.hidden, event.data);
      case 'popup.claim':
        return this.popups.claim(event.data.popupId, event.data.claimed);
      case 'call.created':
      case 'call.updated':
      case 'call.answered':
      case 'call.ended':
        return this.calls.apply(event.op, event.data);
      case 'recording.ready':
        this.popups.addRecording(event.data.callId, event.data.recording);
        return emitter.emit(event.op, event.data);
      case 'recording.failed':
        return emitter.emit(event.op, event.data);
      case 'dial.queued':
      case 'dial.requesting':
      case 'dial.accepted':
      case 'dial.failed':
      case 'dial.expired':
      case 'dial.uncertain': {
        const { intentId, callId, reason } = event.data;
        this.dials.apply(event.op, event.data);
        return emitter.emit('dial', {
          intentId,
          callId,
          state: toDialState(event.op, reason),
          reason: reason ?? null,
        });
      }
      case 'server.draining':
        return undefined; // the connection's own affair
    }
  }

  #begin(ready: Ready): void {
    const { resume } = ready;
    const goesOn = resume.status === 'resumed' && this.position.point?.epoch === resume.epoch;
    if (goesOn) {
      // What happened meanwhile follows, and leads from what is known here to what stands. Pop-ups that stand and are
      // not among it come here.
      this.popups.addAll(ready.popups, toClaimed(ready), false);
    } else this.#replaceAfterLoss(ready);
    this.#become(ready, resume.status);
  }

  #become({ agent, cti, heartbeatMs }: Ready, resume: ResumedPoint['status']): void {
    this.agent = agent;
    this.cti = cti;
    this.#heartbeatMs = heartbeatMs;
    this.#emitter.emit('ready', { agent, cti, resume });
  }

  #replaceAfterLoss(standing: Standing): void {
    const isFirst = this.position.point === null;
    this.replace(standing);
    if (isFirst) return;
    this.#emitter.emit('resync', { calls: standing.calls.length, popups: standing.popups.length });
  }
}

/** A gateway that knows no claims leaves every pop-up to every tab. */
function toClaimed({ popups, claimed }: Standing): string[] {
  return claimed ?? popups.map(({ popupId }) => popupId);
}
