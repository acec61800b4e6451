import { withReleases } from '@ramal/devstack';
import { type CallbackSender, createCallbackSender, type SentCallback } from './callback-sender.ts';
import { judgeCalls } from './judge-calls.ts';
import { compareStanding, judgeShown } from './judge-screens.ts';
import { createLedgerFaults } from './ledger-faults.ts';
import type { LedgerPerson } from './ledger-person.ts';
import { type LedgerReport, toReport } from './ledger-report.ts';
import type { LedgerRunOptions } from './ledger-run-options.ts';
import { toLedgerTenants } from './ledger-tenants.ts';
import { makePlan } from './plan.ts';
import { readTruth, waitForHistory } from './read-truth.ts';
import { seatPersons, waitForTabs } from './seat-persons.ts';
import { sendPlan } from './send-plan.ts';
import { readSimulatedBooks, setUpSimulatedCti, type SimulatedBooks } from './simulated-cti.ts';
import { startSystem } from './start-system.ts';

/**
 * Runs the whole system, sends the plan's calls through it and holds what was sent, acknowledged, stored and shown against
 * one another. Everything it starts it stops.
 */
export async function runLedger(options: LedgerRunOptions): Promise<LedgerReport> {
  const startedMs = performance.now();
  return withReleases(options, async (releases) => {
    const tenants = toLedgerTenants(options.calls);
    const plan = makePlan({ calls: options.calls, seed: options.seed, tenants });
    const faults = createLedgerFaults();
    const system = await startSystem(options, tenants, releases);
    const { stack, pool } = system;
    await setUpSimulatedCti(stack.dev.simulatorUrl, tenants);
    const persons = await seatPersons({ plan, system, seed: options.seed, faults, releases });
    const sender = createCallbackSender(stack.dev.webhookUrls);
    releases.push(async () => sender.stop());
    const sent = await sendPlan({ plan, persons, sender, options });
    const ownNames = tenants.map(({ tenant }) => tenant);
    const books = await readSimulatedBooks(stack.dev.simulatorUrl, tenants, sent.dials, options.signal);
    for (const dial of sent.dials) dial.originates = books.originatesTo(dial.call);
    const allSent = [...sent.callbacks, ...books.callbacks];
    options.log('everything is sent; waiting for the history and for the tabs that are away');
    // What they closed last is stored, and hidden on their other tabs, when the history stands still.
    for (const person of persons) person.rest();
    await waitForHistory(pool, ownNames, allSent.length, options.signal);
    await waitForTabs(persons, options.signal);
    const verdict = judgeCalls(allSent, sent.dials, await readTruth(pool, ownNames), faults);
    const due = await judgeShown(verdict, persons, faults, options.signal);
    await compareStanding(persons, faults);
    for (const example of faults.examples()) options.log(`✗ ${example}`);
    return toReport(
      {
        ...countRun({ options, persons, sender, books, allSent, callbacks: sent.callbacks }),
        dials: sent.dials.length,
        popupsDue: due,
        seconds: Math.round((performance.now() - startedMs) / 100) / 10,
      },
      faults,
    );
  });
}

function countRun(run: {
  options: LedgerRunOptions;
  persons: readonly LedgerPerson[];
  sender: CallbackSender;
  books: SimulatedBooks;
  callbacks: readonly SentCallback[];
  allSent: readonly SentCallback[];
}) {
  const { options, persons, sender, books, callbacks, allSent } = run;
  const tabs = persons.flatMap((person) => person.tabs);
  return {
    calls: options.calls,
    callbacks: allSent.length,
    duplicates: sender.counts.sent - callbacks.length + books.copies - books.callbacks.length,
    gateways: options.gateways,
    agents: persons.length,
    tabs: tabs.length,
    reconnects: tabs.reduce((sum, tab) => sum + tab.reconnects(), 0),
    claims: persons.reduce((sum, person) => sum + person.claims(), 0),
    non2xx: sender.counts.non2xx + books.non2xx,
    seed: options.seed,
  };
}
