import { setTimeout as delay } from 'node:timers/promises';

/** Something to do at a moment of the plan. */
export interface PlannedAction {
  dueMs: number;
  run(): void;
}

const TICK_MS = 5;
/** A process that was held up does not catch up in one leap. */
const LONGEST_TICK_MS = 50;

/**
 * Runs actions in the order they are due. The plan's clock stands still while `isBehind`: on a slow machine the calls begin
 * farther apart.
 */
export async function playPlan(options: {
  actions: readonly PlannedAction[];
  isBehind: () => boolean;
  signal: AbortSignal;
}): Promise<void> {
  const { isBehind, signal } = options;
  const actions = options.actions.toSorted((a, b) => a.dueMs - b.dueMs);
  let nowMs = 0;
  let next = 0;
  let last = performance.now();
  while (next < actions.length) {
    await delay(TICK_MS);
    signal.throwIfAborted();
    const at = performance.now();
    if (!isBehind()) nowMs += Math.min(at - last, LONGEST_TICK_MS);
    last = at;
    for (let action = actions[next]; action !== undefined && action.dueMs <= nowMs; action = actions[next]) {
      next += 1;
      action.run();
    }
  }
}
