import { WireError } from '@ramal/runtime';
import { createTokenBuckets } from './token-buckets.ts';

export type LaneLimit = 'tenant_rate' | 'tenant_queue' | 'tenant_wait';

/** Room for each tenant's callbacks, so that one who floods is the only one who waits or is put off (threat 9). */
export interface TenantLanes {
  /**
   * Does the work when it is the tenant's turn.
   * @throws WireError `unavailable` (503, try again), never a 4xx: a callback that is shed may be a good one (I3)
   */
  run<T>(tenant: string, work: () => Promise<T>): Promise<T>;
}

export interface TenantLanesOptions {
  /** Callbacks of one tenant that are worked on at once: how many another tenant's may have in front of it. */
  concurrency: number;
  /** Callbacks of one tenant that wait for that. */
  queue: number;
  /** Callbacks of one tenant in a second; twice as many at once after a rest. */
  perSec: number;
  longestWaitMs: number;
  onShed(limit: LaneLimit): void;
  /** A clock that only goes forward, ms. */
  now?: () => number;
}

interface Lane {
  running: number;
  /** In the order they came. Who gave up waiting is passed over. */
  waiting: Set<() => void>;
}

const MAX_TENANTS = 50_000;

export function createTenantLanes(options: TenantLanesOptions): TenantLanes {
  const { concurrency, queue, perSec, longestWaitMs, onShed, now = () => performance.now() } = options;
  const rates = createTokenBuckets({ perSec, burst: 2 * perSec, maxKeys: MAX_TENANTS, now });
  /** Those that have anything to do. */
  const lanes = new Map<string, Lane>();

  const shed = (limit: LaneLimit): WireError => {
    onShed(limit);
    return new WireError('unavailable', 'too many callbacks of this company at once; send it again');
  };

  const wait = (lane: Lane): Promise<void> =>
    new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        lane.waiting.delete(go);
        reject(shed('tenant_wait'));
      }, longestWaitMs);
      lane.waiting.add(go);
    });

  const leave = (tenant: string, lane: Lane) => {
    for (const next of lane.waiting) {
      // The place is handed on, so that nobody who comes now gets in front.
      lane.waiting.delete(next);
      next();
      return;
    }
    lane.running -= 1;
    if (lane.running === 0) lanes.delete(tenant);
  };

  return {
    async run(tenant, work) {
      if (!rates.take(tenant)) throw shed('tenant_rate');
      const lane = lanes.get(tenant) ?? { running: 0, waiting: new Set() };
      if (lane.running < concurrency) {
        lane.running += 1;
        lanes.set(tenant, lane);
      } else {
        if (lane.waiting.size >= queue) throw shed('tenant_queue');
        await wait(lane);
      }
      try {
        return await work();
      } finally {
        leave(tenant, lane);
      }
    },
  };
}
