import { randomUUID } from 'node:crypto';
import { sleepUntil } from '@ramal/testkit';
import type { Needed } from '../../src/needed.ts';
import { openSmallCompany } from '../../src/small-company.ts';

/** The deadline, and the two seconds after which nobody may be left in doubt; twice that for a busy machine. */
const DOUBT_ENDS_MS = 12_000;
const DIALERS = ['dialer', 'dialer-2'] as const;

/** I2: with every dialer dead somebody else has to say that a dial came to nothing. */
export const watchdog: Needed = {
  protection: 'gateway.watchdog',
  promise: 'a final state of every dial, with every dialer dead',
  service: 'ws-gateway',
  async try({ system, releases, isOff }) {
    const company = await openSmallCompany(system, releases);
    await Promise.all(DIALERS.map((name) => system.stack.stopService(name)));
    try {
      const intentId = randomUUID();
      await company.dial(intentId, '4732100100');
      const timeoutMs = isOff ? DOUBT_ENDS_MS : 5 * DOUBT_ENDS_MS;
      const told = await sleepUntil(() => company.finalOf(intentId), { timeoutMs }).catch(() => undefined);
      return { broken: told === undefined ? 1 : 0, trials: 1 };
    } finally {
      await Promise.all(DIALERS.map((name) => system.stack.startService(name)));
    }
  },
};
