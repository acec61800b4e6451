/** How many calls may be alive at once, found out as the run goes: a machine that is behind gets fewer. */
export interface Pace {
  /** A call begins that tells things for so long, in ms. */
  begin(lastsMs: number): void;
  /** No further call may begin now. */
  isBehind(): boolean;
}

const FIRST_LIMIT = 200;
const LEAST_LIMIT = 20;
const MOST_LIMIT = 1500;
/** Callbacks that wait or are under way while all is well; about as many as there are connections. */
const EASY_PENDING = 24;
const REVIEW_EVERY_MS = 250;

/** Gives a little more room at each review while few callbacks wait, and takes a tenth away when many do. */
export function createPace(pending: () => number, now: () => number = () => performance.now()): Pace {
  const ends: number[] = [];
  let limit = FIRST_LIMIT;
  let reviewedMs = now();
  const review = (nowMs: number) => {
    if (nowMs - reviewedMs < REVIEW_EVERY_MS) return;
    reviewedMs = nowMs;
    limit = pending() > EASY_PENDING ? limit * 0.9 : limit + 10;
    limit = Math.min(MOST_LIMIT, Math.max(LEAST_LIMIT, limit));
  };
  return {
    begin: (lastsMs) => {
      if (lastsMs > 0) ends.push(now() + lastsMs);
    },
    isBehind: () => {
      const nowMs = now();
      review(nowMs);
      while ((ends[0] ?? Number.POSITIVE_INFINITY) <= nowMs) ends.shift();
      return ends.length >= limit;
    },
  };
}
