import { randomUUID } from 'node:crypto';
import { sleepUntil } from '@ramal/testkit';
import type { Needed } from '../../src/needed.ts';
import { openSmallCompany } from '../../src/small-company.ts';

const AWAY_MS = 60_000;

/** I5: what was said while nobody listened is said again to who comes back. */
export const resume: Needed = {
  protection: 'gateway.resume',
  promise: 'nothing that was said while an agent was away is missed',
  service: 'ws-gateway',
  async try({ system, releases }) {
    const company = await openSmallCompany(system, releases);
    // The CTI takes its time, so that the agent is gone when it answers.
    company.cti.behave({ answerDelayMs: 500 });
    const intentId = randomUUID();
    await company.dial(intentId, '4732100100');
    company.tab.cut(AWAY_MS);
    await sleepUntil(
      async () => {
        const { rowCount } = await system.pool.query(
          "select 1 from call_events where tenant = $1 and type = 'dial.accepted'",
          [company.tenant],
        );
        return rowCount === 1;
      },
      { timeoutMs: AWAY_MS, everyMs: 50, describe: 'the dial to be accepted while the agent is away' },
    );
    company.tab.comeBack();
    await sleepUntil(() => company.tab.isReady(), { timeoutMs: AWAY_MS, describe: 'the agent to be back' });
    // What was missed comes before what happens now.
    const sentinel = randomUUID();
    await company.dial(sentinel, '4732100101');
    await sleepUntil(() => company.finalOf(sentinel), { timeoutMs: AWAY_MS, describe: 'a later dial’s end' });
    return { broken: company.finalOf(intentId) === undefined ? 1 : 0, trials: 1 };
  },
};
