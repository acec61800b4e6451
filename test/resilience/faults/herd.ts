import type { Fault } from '../src/fault.ts';

/** Whose tokens are taken is known in memory: nobody who comes back waits for PostgreSQL, which says nothing meanwhile. */
export const herd: Fault = {
  name: 'herd',
  promise:
    'every socket cut at once, with PostgreSQL mute: back within 10 s, no database read for authentication',
  sockets: 2000,
  always2xx: true,
  async inject({ system, crowd }) {
    system.postgresLine.silence();
    try {
      const valuesMs = await crowd.cutAll();
      return { figures: [{ name: 'agentsBackMs', valuesMs, boundMs: 10_000 }] };
    } finally {
      await system.postgresLine.heal();
    }
  },
};
