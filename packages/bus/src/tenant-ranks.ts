/** Where the next dial of a tenant stands among those of all others. */
interface QueueTurn {
  /** 1 for a tenant at an ordinary pace, more and more in a burst. */
  rank: number;
  /** How long it stays out of the dialers' sight: they need not look at a burst of thousands all at once. */
  delayMs: number;
}

/** How many dials each tenant has made of late in this process. */
export interface TenantRanks {
  /** `nowMs` is a steady clock's. */
  next(tenant: string, nowMs: number): QueueTurn;
}

/** A tenant's pace at which each dial is still its first. */
const RANKS_PER_SECOND = 10;
const MAX_RANK = 10_000;
/** No tenant's CTI is asked more often than that, so none is held up that could be asked. */
const QUEUED_PER_SECOND = 200;
const QUEUED_AT_ONCE = 50;
/** How many tenants may be remembered before those that are at rest are forgotten. */
const SWEEP_ABOVE = 1_000;

interface Levels {
  rank: number;
  queued: number;
  atMs: number;
}

export function createTenantRanks(): TenantRanks {
  const tenants = new Map<string, Levels>();
  let sweepAbove = SWEEP_ABOVE;
  const levelsAt = ({ rank, queued, atMs }: Levels, nowMs: number): Levels => {
    const seconds = (nowMs - atMs) / 1000;
    return {
      rank: Math.max(0, rank - seconds * RANKS_PER_SECOND),
      queued: Math.max(0, queued - seconds * QUEUED_PER_SECOND),
      atMs: nowMs,
    };
  };
  return {
    next(tenant, nowMs) {
      if (tenants.size > sweepAbove) {
        for (const [name, known] of tenants) if (levelsAt(known, nowMs).rank === 0) tenants.delete(name);
        sweepAbove = Math.max(SWEEP_ABOVE, 2 * tenants.size);
      }
      const levels = levelsAt(tenants.get(tenant) ?? { rank: 0, queued: 0, atMs: nowMs }, nowMs);
      levels.rank = Math.min(MAX_RANK, levels.rank + 1);
      levels.queued += 1;
      tenants.set(tenant, levels);
      const tooMany = Math.max(0, levels.queued - QUEUED_AT_ONCE);
      return { rank: Math.ceil(levels.rank), delayMs: Math.ceil((tooMany * 1000) / QUEUED_PER_SECOND) };
    },
  };
}
