import type { ResumePoint, ServerEvent } from '../wire.ts';

/** Enough to bring a tab up to date that missed some. */
const MOST_KEPT = 300;

/** An event of the inbox with the place in it that it follows: `seq` may skip numbers. */
export interface PlacedEvent {
  event: ServerEvent;
  /** The seq before it. */
  prev: number;
}

/** How far the agent's inbox has been heard, and what was heard last. */
export class InboxPosition {
  #point: ResumePoint | null = null;
  #kept: PlacedEvent[] = [];

  get point(): ResumePoint | null {
    return this.#point;
  }

  /** A new beginning, after which `since` knows nothing of before. The same inbox never goes back. */
  begin({ epoch, seq }: ResumePoint): void {
    this.#kept = [];
    this.#point = { epoch, seq: Math.max(seq, this.#point?.epoch === epoch ? this.#point.seq : 0) };
  }

  /** Takes an event with a seq; false for one that was heard before. */
  take(event: ServerEvent): boolean {
    const { seq } = event;
    if (seq === undefined || this.#point === null) return true;
    const prev = this.#point.seq;
    if (seq <= prev) return false;
    this.#point = { ...this.#point, seq };
    this.#kept.push({ event, prev });
    if (this.#kept.length > MOST_KEPT) this.#kept.shift();
    return true;
  }

  /** What came after `point`, or null where that is not all known. */
  since(point: ResumePoint): PlacedEvent[] | null {
    if (this.#point === null || point.epoch !== this.#point.epoch) return null;
    if (point.seq >= this.#point.seq) return [];
    const first = this.#kept[0];
    if (first === undefined || first.prev > point.seq) return null;
    return this.#kept.filter(({ event: { seq = 0 } }) => seq > point.seq);
  }
}
