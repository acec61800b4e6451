import { randomUUID } from 'node:crypto';
import { sleepUntil } from '@ramal/testkit';
import type { Needed } from '../../src/needed.ts';
import { openSmallCompany } from '../../src/small-company.ts';

const CLICKS = 3;

/** I1: a CTI that rings and resets is asked once, and asked again by whoever takes a reset for a no. */
export const singleOriginate: Needed = {
  protection: 'dialer.single_originate',
  promise: 'one request a click, whatever the CTI does',
  service: 'dialer',
  async try({ system, releases }) {
    const company = await openSmallCompany(system, releases);
    company.cti.behave({ fault: 'reset_before_reply', callOnFault: true });
    const clicks = Array.from({ length: CLICKS }, (_, i) => ({
      intentId: randomUUID(),
      to: `4732100${String(101 + i)}`,
    }));
    for (const { intentId, to } of clicks) await company.dial(intentId, to);
    await sleepUntil(() => clicks.every(({ intentId }) => company.finalOf(intentId) !== undefined), {
      timeoutMs: 60_000,
      describe: 'a final state of every click',
    });
    const requests = (to: string) => company.cti.originates().filter((one) => one.destination === to).length;
    return { broken: clicks.filter(({ to }) => requests(to) > 1).length, trials: CLICKS };
  },
};
