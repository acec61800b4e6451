import { createEventLoopCheck, type Health } from '@ramal/runtime';
import type { Queryable } from '@ramal/store';

/**
 * Ready while both servers answer. Live is less: a restart is no cure for a Redis or PostgreSQL that is
 * away, so only a loop that crawls and a connection that will never come back count.
 */
export function createHealth(deps: {
  redis: { readonly status: string; ping(): Promise<string> };
  store: Queryable;
}): { health: Health; stop(): void } {
  const { redis, store } = deps;
  const loop = createEventLoopCheck();
  return {
    stop: () => loop.stop(),
    health: {
      live: [
        loop,
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
