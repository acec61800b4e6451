import type { Names } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { loadScript } from './load-script.ts';

/** One socket on which an agent counts as logged in. */
export interface AgentConnection {
  /** The gateway process that has it. */
  gateway: string;
  /** Redis time, epoch ms. */
  sinceMs: number;
  /** False for one that broke a moment ago and may come back. */
  open: boolean;
}

/**
 * Who is logged in: whoever has a socket that is open, on a gateway whose lease lives, or that broke a moment ago
 * (R44). See `SocketRegistry` for who writes it down.
 */
export interface Presence {
  /** Those of `users` who are logged in at `nowMs`, Redis time; one command, however many. */
  present(tenant: string, users: readonly string[], nowMs: number): Promise<Set<string>>;
  /** Where those of `users` who are logged in now are connected, the oldest connection first. */
  list(tenant: string, users: readonly string[]): Promise<Map<string, AgentConnection[]>>;
}

/** A script holds up all others, so it asks for no more than this. */
const MOST_USERS = 500;

export function createPresence(redis: Redis, names: Names): Presence {
  const script = loadScript(redis, 'presence', 'live-sockets');
  const read = async (tenant: string, users: readonly string[], atMs: number | '') => {
    const found = new Map<string, AgentConnection[]>();
    for (let i = 0; i < users.length; i += MOST_USERS) {
      const some = users.slice(i, i + MOST_USERS);
      const gateways = names.gateways(names.partitionOf(tenant));
      const keys = [gateways, ...some.map((user) => names.presence(tenant, user))];
      const answers = (await script(keys, [atMs])) as (string | number)[][];
      for (const [n, flat] of answers.entries()) {
        const user = some[n];
        if (user !== undefined && flat.length > 0) found.set(user, toConnections(flat));
      }
    }
    return found;
  };
  return {
    present: async (tenant, users, nowMs) => new Set((await read(tenant, users, nowMs)).keys()),
    list: (tenant, users) => read(tenant, users, ''),
  };
}

/** @param flat record and 1 or 0, and so on */
function toConnections(flat: readonly (string | number)[]): AgentConnection[] {
  const connections: AgentConnection[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const { gateway, since } = JSON.parse(String(flat[i])) as { gateway: string; since?: number };
    connections.push({ gateway, sinceMs: since ?? 0, open: Number(flat[i + 1]) === 1 });
  }
  return connections.sort((a, b) => a.sinceMs - b.sinceMs);
}
