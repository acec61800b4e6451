import type { Releases } from '@ramal/devstack';
import { signAgentToken } from '@ramal/runtime';
import { sleepUntil } from '@ramal/testkit';
import type { LedgerFaults } from './ledger-faults.ts';
import { createLedgerPerson, type LedgerPerson } from './ledger-person.ts';
import type { LedgerPlan } from './plan.ts';
import { createRandom } from './random.ts';
import type { LedgerSystem } from './start-system.ts';

const TOKEN_TTL_SEC = 24 * 3600;
/** The sleepers' own time away, and some more. */
const BACK_WITHIN_MS = 180_000;

/** Everybody opens their tabs, and all are ready before the first call. */
export async function seatPersons(options: {
  plan: LedgerPlan;
  system: LedgerSystem;
  seed: number;
  faults: LedgerFaults;
  releases: Releases;
}): Promise<LedgerPerson[]> {
  const { plan, faults } = options;
  const { stack, secret } = options.system;
  // What people do follows when pop-ups reach them; it must not change the plan.
  const random = createRandom(options.seed + 1);
  const persons = await Promise.all(
    plan.agents.map(async (planned) => {
      const { tenant, user, ramal } = planned.agent;
      const token = await signAgentToken({ secret, tenant, user, ramal, ttlSec: TOKEN_TTL_SEC });
      return createLedgerPerson({ planned, token, gatewayUrls: stack.dev.gatewayUrls, random, faults });
    }),
  );
  const tabs = persons.flatMap((person) => person.tabs);
  for (const tab of tabs) tab.start();
  options.releases.push(async () => {
    for (const tab of tabs) tab.stop();
  });
  await sleepUntil(() => tabs.every((tab) => tab.isReady()), {
    timeoutMs: 30_000,
    describe: 'all tabs to be ready',
  });
  return persons;
}

/** Waits until nobody is away any more. */
export async function waitForTabs(persons: readonly LedgerPerson[], signal: AbortSignal): Promise<void> {
  const tabs = persons.flatMap((person) => person.tabs);
  await sleepUntil(() => signal.aborted || tabs.every((tab) => tab.isReady()), {
    timeoutMs: BACK_WITHIN_MS,
    everyMs: 100,
    describe: 'all tabs to be back',
  });
  signal.throwIfAborted();
}
