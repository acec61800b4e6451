import type { DialRow } from '../src/dial-row.ts';

/** What a machine that does everything at once may add to a p99 of some ms without anybody being held up. */
const NOISE_MS = 50;
const MOST_SLOWER = 1.1;
/** What two slow cores carry without a queue. */
const CALM_PER_SEC = 30;

/** Threat 2, I1: a sick CTI is asked once a click, and costs nobody else anything. */
export const ctiSick: DialRow = {
  name: 'cti-sick',
  promise:
    'CTI slow, mute, resetting, redirecting to metadata, endless body: one request each, final state in time, other tenants’ p99 + 10 % at most',
  phases: [
    { name: 'well', points: [], calm: true, weather: 'well', mostPerSec: CALM_PER_SEC },
    { name: 'sick', points: [], calm: true, weather: 'sick', mostPerSec: CALM_PER_SEC },
  ],
  intents: 3000,
  findBroken: ({ failpoints }) => {
    const well = failpoints['well']?.wellP99Ms ?? null;
    const sick = failpoints['sick']?.wellP99Ms ?? null;
    if (well === null || sick === null) return ['no dial of a company whose CTI is well was accepted'];
    const mostMs = Math.max(well * MOST_SLOWER, well + NOISE_MS);
    return sick <= mostMs ? [] : [`dials of the others: p99 ${sick} ms beside sick CTIs, ${well} ms without`];
  },
};
