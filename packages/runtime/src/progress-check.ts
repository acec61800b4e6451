import type { HealthCheck } from './ops-server.ts';

export interface ProgressCheck extends HealthCheck {
  /** Work came round once more. */
  progressed(): void;
  stop(): void;
}

export interface ProgressCheckOptions {
  /** As health names it. */
  name: string;
  /** What stands still, in words for an operator, such as "the worker makes no progress". */
  problem: string;
  /** How long nothing may come round, in ms: several times as long as work that is well may take. */
  stalledAfterMs: number;
  /**
   * What the work waits for is away: no progress is to be made then, and a restart brings it back no sooner. The time
   * counts anew from the moment it is there.
   */
  isAway(): boolean;
  /** A clock that only goes forward, ms. */
  now?: () => number;
  /** How often `isAway` is asked, in ms; default 1000. */
  lookEveryMs?: number;
}

const LOOK_EVERY_MS = 1_000;

/**
 * Liveness that means progress (trap 2): false when nothing has come round for too long although it could. A process that
 * hangs while everything it needs is there is mended by a restart; one whose Redis is down is not.
 */
export function createProgressCheck(options: ProgressCheckOptions): ProgressCheck {
  const { name, problem, stalledAfterMs, isAway, now = () => performance.now() } = options;
  let sinceMs = now();
  const look = () => {
    if (isAway()) sinceMs = now();
  };
  // Nobody may ask while it is away, and the first who does so afterwards shall not find a long silence.
  const timer = setInterval(look, options.lookEveryMs ?? LOOK_EVERY_MS);
  timer.unref();
  return {
    name,
    progressed: () => {
      sinceMs = now();
    },
    check() {
      look();
      const silentMs = now() - sinceMs;
      return silentMs < stalledAfterMs ? null : `${problem} for ${Math.round(silentMs / 1_000)} s`;
    },
    stop: () => clearInterval(timer),
  };
}
