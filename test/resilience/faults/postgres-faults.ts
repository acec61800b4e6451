import { setTimeout as delay } from 'node:timers/promises';
import { DIAL_MS, type Fault, toLength } from '../src/fault.ts';
import { timeUntilFlowing } from '../src/probe-stored.ts';

const AWAY_MS = 60_000;
const LEAST_AWAY_MS = 3000;
/** Not promised by the table; long enough for what has piled up, short enough to show that it moves. */
const CAUGHT_UP_WITHIN_MS = 60_000;

/** R44, I3: events wait in Redis, and what is asked of the configuration is answered from memory. */
export const postgresKilled: Fault = {
  name: 'postgres-killed',
  promise: 'PostgreSQL down for 60 s: 0 lost or doubled, callbacks and pop-ups unaffected',
  always2xx: true,
  async inject(moment) {
    const { system, scale, signal } = moment;
    // As long before as a click may wait for its turn.
    const fromMs = Date.now() - DIAL_MS;
    await system.postgres.kill();
    try {
      await delay(toLength(AWAY_MS, scale, LEAST_AWAY_MS), undefined, { signal });
    } finally {
      await system.postgres.restart();
    }
    const flowingMs = await timeUntilFlowing(moment);
    return {
      figures: [{ name: 'storingMs', valuesMs: [flowingMs], boundMs: CAUGHT_UP_WITHIN_MS }],
      // Nobody has dialled before, so no dialer has anybody's extension and credentials in memory.
      undiallable: [{ fromMs, toMs: Date.now() }],
    };
  },
};

/** The same without a word: connections stay and nothing comes back. */
export const postgresFrozen: Fault = {
  name: 'postgres-frozen',
  promise: 'PostgreSQL frozen for 60 s: 0 lost or doubled, callbacks and pop-ups unaffected',
  always2xx: true,
  async inject(moment) {
    const { system, scale, signal } = moment;
    // As long before as a click may wait for its turn.
    const fromMs = Date.now() - DIAL_MS;
    system.postgresLine.silence();
    try {
      await delay(toLength(AWAY_MS, scale, LEAST_AWAY_MS), undefined, { signal });
    } finally {
      await system.postgresLine.heal();
    }
    const flowingMs = await timeUntilFlowing(moment);
    return {
      figures: [{ name: 'storingMs', valuesMs: [flowingMs], boundMs: CAUGHT_UP_WITHIN_MS }],
      // Nobody has dialled before, so no dialer has anybody's extension and credentials in memory.
      undiallable: [{ fromMs, toMs: Date.now() }],
    };
  },
};
