import { ALL_PHASES } from '@ramal/ledger';
import type { DialRow } from '../src/dial-row.ts';

/** I1, I2: `sent` is written before the first byte leaves, and what is sent is never sent again. */
export const killDialer: DialRow = {
  name: 'kill-dialer',
  promise:
    'kill -9 dialer at every failpoint: 0 double dials, every intent final within 10 s (and the agent told within 2 s) after its deadline, none after it',
  phases: ALL_PHASES,
  // Thirteen phases: 31,200 clicks.
  intents: 2400,
};
