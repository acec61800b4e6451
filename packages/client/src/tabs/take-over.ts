import type { AgentState, StateSnapshot } from '../state/agent-state.ts';
import type { ResumePoint } from '../wire.ts';

/** The inbox holds about 1000 events. */
const MOST_BEHIND = 200;

/** Where a new leader's connection goes on: where the tab stands that has heard least, so that none misses anything (I5). */
export class TakeOver {
  readonly #state: AgentState;
  #least: ResumePoint | null = null;

  constructor(state: AgentState) {
    this.#state = state;
  }

  get resumeAt(): ResumePoint | null {
    return this.#least ?? this.#state.position.point;
  }

  begin(): void {
    this.#least = this.#state.position.point;
  }

  /** Another tab says how far it has heard, and what it knows. */
  hear(point: ResumePoint | null, snapshot: StateSnapshot | null): void {
    if (point === null) return;
    if (this.#state.position.point === null && snapshot !== null) {
      this.#state.restore(snapshot);
      this.#least = this.#state.position.point;
    }
    const least = this.resumeAt;
    const lagsBehind = least !== null && least.epoch === point.epoch && point.seq < least.seq;
    // One that is far behind catches up by what this tab knows; all would be lost if the inbox does not go back so far.
    if (lagsBehind && least.seq - point.seq < MOST_BEHIND) this.#least = point;
  }

  /** It is connected: from now on this tab goes on from where it stands itself. */
  end(): void {
    this.#least = null;
  }
}
