import { sleepUntil } from '@ramal/testkit';
import type { Needed } from '../../src/needed.ts';
import { openSmallCompany } from '../../src/small-company.ts';

const TOLD_WITHIN_MS = 5000;

/** I5: a subscriber that hears nothing any more says nothing by itself. */
export const probe: Needed = {
  protection: 'gateway.probe',
  promise: 'agents are told within 5 s that their gateway is cut off from Redis',
  service: 'ws-gateway',
  async try({ system, releases, isOff }) {
    const company = await openSmallCompany(system, releases);
    system.gatewayLine.silence();
    try {
      const isTold = () =>
        company.events.some(
          ({ op, data }) => op === 'cti.status' && 'state' in data && data.state === 'unavailable',
        );
      const timeoutMs = isOff ? TOLD_WITHIN_MS : 10 * TOLD_WITHIN_MS;
      const told = await sleepUntil(isTold, { timeoutMs }).catch(() => false);
      return { broken: told ? 0 : 1, trials: 1 };
    } finally {
      await system.gatewayLine.heal();
    }
  },
};
