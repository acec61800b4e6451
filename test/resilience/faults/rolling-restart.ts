import { type Fault, toLength } from '../src/fault.ts';

const ROUNDS_AT_FULL_SIZE = 4;

/** Each process in turn is stopped as a deploy stops it, and started again, while the other one serves. */
export const rollingRestart: Fault = {
  name: 'rolling-restart',
  promise: 'rolling restart of everything, many rounds: 0 missed, 0 non-2xx, 0 double dials',
  always2xx: true,
  async inject({ system, scale, signal, all }) {
    for (let rounds = 0; rounds < toLength(ROUNDS_AT_FULL_SIZE, scale, 1); rounds++) {
      for (const name of all()) {
        signal.throwIfAborted();
        await system.stack.stopService(name);
        await system.stack.startService(name);
      }
    }
    return {};
  },
};
