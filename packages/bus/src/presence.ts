import type { Names } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { loadScript } from './load-script.ts';

/**
 * Who is logged in, by leases: a gateway renews its sockets' leases, so that those of a gateway that died
 * run out by themselves. A lease outlives its socket a little, for an agent who is just reconnecting.
 */
export interface Presence {
  /** Begins or renews the lease of one socket. */
  renew(tenant: string, user: string, socketId: string): Promise<void>;
  /** The agent logged out on this socket. */
  end(tenant: string, user: string, socketId: string): Promise<void>;
  /** Those of `users` who are logged in at `nowMs`, Redis time. */
  present(tenant: string, users: readonly string[], nowMs: number): Promise<Set<string>>;
}

export const PRESENCE_LEASE_MS = 45_000;

export function createPresence(redis: Redis, names: Names): Presence {
  const lease = loadScript(redis, 'lease');
  return {
    async renew(tenant, user, socketId) {
      await lease([names.presence(tenant, user)], [socketId, PRESENCE_LEASE_MS]);
    },
    async end(tenant, user, socketId) {
      await redis.zrem(names.presence(tenant, user), socketId);
    },
    async present(tenant, users, nowMs) {
      const live = await Promise.all(
        users.map((user) => redis.zcount(names.presence(tenant, user), nowMs, '+inf')),
      );
      return new Set(users.filter((_, i) => (live[i] ?? 0) > 0));
    },
  };
}
