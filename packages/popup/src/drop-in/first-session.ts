import { RamalError } from '@ramal/client';
import type { Session } from './session-source.ts';

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * The first session, which says where the gateway is; asked for again with growing pauses, at once when the network is back.
 * @param onWait told of each failure that another attempt may mend
 * @throws RamalError where the CRM refuses for good
 */
export async function awaitFirstSession(load: () => Promise<Session>, onWait: () => void): Promise<Session> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await load();
    } catch (error) {
      if (error instanceof RamalError && !error.retryable) throw error;
      onWait();
      // Full jitter, so that all pages of a CRM that was away don't come back at once.
      await pause(Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10)));
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener('online', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    window.addEventListener('online', done);
  });
}
