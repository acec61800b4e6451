import type { ResumePoint, ServerEvent } from '../wire.ts';

/**
 * What a connection promises of the inbox: `ready` comes first, then each event once, by rising `seq`. That may skip
 * numbers, so a gap tells nothing; an event in the wrong place tells that others may be missing (I5).
 */
export class InboxOrder {
  #seq: number | null = null;

  /** Whether anything of the inbox may come yet. */
  get hasBegun(): boolean {
    return this.#seq !== null;
  }

  /** All that stands has been told: what follows comes after this point. */
  goOnFrom({ seq }: ResumePoint): void {
    this.#seq = seq;
  }

  /** Takes the next event; false for one that can't be the next. */
  take(event: ServerEvent): boolean {
    if (event.op === 'ready' || event.op === 'resync') this.goOnFrom(event.data.resume);
    if (event.seq === undefined) return true;
    if (this.#seq === null || event.seq <= this.#seq) return false;
    this.#seq = event.seq;
    return true;
  }
}
