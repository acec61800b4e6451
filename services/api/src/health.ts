import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Health } from '@ramal/runtime';
import type { Queryable } from '@ramal/store';

/** The mean delay of the event loop, in ms, above which the process only pretends to serve. */
const STALLED_MS = 1_000;

/**
 * Ready while both servers answer. Live is less: a restart is no cure for a Redis or PostgreSQL that is
 * away, so only a loop that crawls and a connection that will never come back count.
 */
export function createHealth(deps: {
  redis: { readonly status: string; ping(): Promise<string> };
  store: Queryable;
}): { health: Health; stop(): void } {
  const { redis, store } = deps;
  const delay = monitorEventLoopDelay({ resolution: 50 });
  delay.enable();
  return {
    stop: () => void delay.disable(),
    health: {
      live: [
        {
          name: 'event loop',
          check() {
            // Since the last check; NaN when nothing was measured yet.
            const meanMs = delay.mean / 1e6;
            delay.reset();
            return meanMs > STALLED_MS ? `runs ${Math.round(meanMs)} ms late` : null;
          },
        },
        {
          name: 'redis connection',
          check: () => (redis.status === 'end' ? 'ended and will not be opened again' : null),
        },
      ],
      ready: [
        { name: 'redis', check: async () => ((await redis.ping()) === 'PONG' ? null : 'no pong') },
        {
          name: 'postgres',
          async check() {
            await store.query('select 1');
            return null;
          },
        },
      ],
    },
  };
}
