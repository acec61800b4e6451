/** A turn: call it when it is over, once or more often. */
export type Turn = () => void;

/**
 * How much of this process one tenant may have at a time, whatever it asks for: so many dials that begin, so many that wait
 * for that, and for all others a moment to come back, one after the other. Tenants never wait for one another here.
 */
export interface TenantTurns {
  /** Waits for a turn; or says at once, in ms, when to come back. `nowMs` is a steady clock's. */
  take(tenant: string, nowMs: number): Promise<Turn | { comeBackInMs: number }>;
}

export interface TenantTurnsLimits {
  running: number;
  waiting: number;
  /** The time between two that come back. */
  comeBackEveryMs: number;
}

interface TenantState {
  running: number;
  waiting: (() => void)[];
  lastComeBackMs: number;
}

/** How many tenants may be remembered before those at rest are forgotten. */
const SWEEP_ABOVE = 1_000;

export function createTenantTurns(limits: TenantTurnsLimits): TenantTurns {
  const tenants = new Map<string, TenantState>();
  let sweepAbove = SWEEP_ABOVE;

  const sweep = (nowMs: number) => {
    if (tenants.size <= sweepAbove) return;
    for (const [tenant, { running, lastComeBackMs }] of tenants) {
      if (running === 0 && lastComeBackMs <= nowMs) tenants.delete(tenant);
    }
    sweepAbove = Math.max(SWEEP_ABOVE, 2 * tenants.size);
  };
  const begin = (state: TenantState): Turn => {
    state.running += 1;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      state.running -= 1;
      state.waiting.shift()?.();
    };
  };
  return {
    async take(tenant, nowMs) {
      sweep(nowMs);
      let state = tenants.get(tenant);
      if (state === undefined) {
        state = { running: 0, waiting: [], lastComeBackMs: 0 };
        tenants.set(tenant, state);
      }
      const mine = state;
      if (mine.running < limits.running) return begin(mine);
      if (mine.waiting.length < limits.waiting) {
        return new Promise((resolve) => mine.waiting.push(() => resolve(begin(mine))));
      }
      mine.lastComeBackMs = Math.max(nowMs, mine.lastComeBackMs) + limits.comeBackEveryMs;
      return { comeBackInMs: Math.ceil(mine.lastComeBackMs - nowMs) };
    },
  };
}
