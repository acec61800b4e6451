import type { ServerEvent } from '../wire.ts';

/**
 * What a connection promises of the inbox: `ready` comes first, then each event once, by rising `seq`. That may skip
 * numbers, so a gap tells nothing; an event in the wrong place tells that others may be missing (I5).
 */
export class InboxOrder {
  /** What comes next comes after this; null before `ready`. The answer to `sync` moves it, for it tells all that stands. */
  seq: number | null = null;

  /** Takes the next event; false for one that can't be the next. */
  take(event: ServerEvent): boolean {
    if (event.op === 'ready' || event.op === 'resync') this.seq = event.data.resume.seq;
    if (event.seq === undefined) return true;
    if (this.seq === null || event.seq <= this.seq) return false;
    this.seq = event.seq;
    return true;
  }
}
