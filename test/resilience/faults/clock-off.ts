import type { DialRow } from '../src/dial-row.ts';

const FIVE_MINUTES_MS = 5 * 60_000;

/** What a Node process loads first to have another idea of what time it is. Its steady clock goes on as it is. */
function toClockEnv(offsetMs: number): Record<string, string> {
  const shift = `
    const RealDate = Date;
    const offset = ${offsetMs};
    globalThis.Date = class extends RealDate {
      constructor(...args) {
        if (args.length === 0) super(RealDate.now() + offset);
        else super(...args);
      }
      static now() {
        return RealDate.now() + offset;
      }
    };`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(shift)}` };
}

/** I2: deadlines are Redis' alone, so nobody's own clock makes a dial late or sends it twice. */
export const clockOff: DialRow = {
  name: 'clock-off',
  promise: 'clocks of dialers and gateways off by 5 min, forwards and back: 0 double or late dials',
  phases: [
    {
      name: 'dialers ahead and behind',
      points: [],
      calm: true,
      env: (i) => toClockEnv([0, FIVE_MINUTES_MS, -FIVE_MINUTES_MS][i % 3] ?? 0),
    },
    {
      name: 'and dying',
      points: ['after_claim', 'after_sent', 'before_settle'],
      env: (i) => toClockEnv([FIVE_MINUTES_MS, -FIVE_MINUTES_MS, 0][i % 3] ?? 0),
    },
  ],
  intents: 2500,
};

/** The same of the gateways, whose watchdog gives the verdict on overdue dials. */
export const gatewayClockOff: DialRow = {
  ...clockOff,
  name: 'clock-off:gateway',
  promise: 'the gateways’ clocks 5 min ahead while dialers die: 0 double or late dials, every intent final',
  phases: [{ name: 'gateways ahead', points: ['after_claim', 'after_sent', 'before_settle'] }],
  env: { 'ws-gateway': toClockEnv(FIVE_MINUTES_MS) },
};
