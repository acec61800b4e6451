import { setTimeout as delay } from 'node:timers/promises';
import { withReleases } from '@ramal/devstack';
import {
  compareStanding,
  createCallbackSender,
  createLedgerFaults,
  createRandom,
  judgeCalls,
  judgeShown,
  type LedgerTenant,
  makePlan,
  readSimulatedBooks,
  readTruth,
  seatPersons,
  seedLedgerTenants,
  sendPlan,
  setUpSimulatedCti,
  toLedgerAccounts,
  toLedgerTenants,
  waitForHistory,
  waitForTabs,
} from '@ramal/ledger';
import { createSimulator } from '@ramal/simulator';
import { startBalancer } from './balancer.ts';
import { openCrowd } from './crowd.ts';
import type { Fault, FaultMoment, FaultOutcome } from './fault.ts';
import { type FaultSystem, waitAllReady } from './fault-system.ts';
import { type RoundReport, toRoundReport } from './round-report.ts';

export interface RoundOptions {
  system: FaultSystem;
  fault: Fault;
  seed: number;
  /** 1 at full size. */
  scale: number;
  signal: AbortSignal;
  log(line: string): void;
  /** Leaves the first process of each service alone, so that there is one that gets old. */
  sparing?: boolean;
  /** Most callbacks of the flood in a second; without it, as many as are answered. */
  floodPerSec?: number;
  /** How many times later than promised something may be, on a machine that does everything at once; default 1. */
  patience?: number;
}

const FULL_CALLS = 1200;
const FULL_FLOOD = 30_000;
const LEAST_CALLS = 40;
const LEAST_FLOOD = 200;
/** The load runs for a moment before the fault strikes, and the flood goes on until it is over. */
const STRIKES_AFTER_MS = [1000, 3000] as const;
const FEW_SOCKETS = 40;

/**
 * Plays numbered load through the system, lets the fault strike at a seeded moment, waits for quiet and closes the ledger:
 * what was sent, acknowledged, stored, shown, and what reached the CTI. Each round has companies of its own, so that many
 * can share a system, one after the other.
 */
export async function playRound(options: RoundOptions): Promise<RoundReport> {
  const { system, fault, seed, scale, signal, log, sparing = false } = options;
  const startedMs = performance.now();
  return withReleases(options, async (releases) => {
    const random = createRandom(seed);
    system.rounds.played += 1;
    const suffix = `-${system.rounds.played}`;
    const calls = Math.max(LEAST_CALLS, Math.round(FULL_CALLS * scale));
    const tenants = toLedgerTenants(calls, suffix);
    const plan = makePlan({ calls, seed, tenants });
    const faults = createLedgerFaults();
    const { stack, pool } = system;

    const urls = stack.dev.webhookUrls;
    const balancer = await startBalancer(urls);
    releases.push(balancer.stop);
    const cti = createSimulator({ accounts: toLedgerAccounts(tenants), webhookUrl: balancer.url });
    releases.push(cti.stop);
    const { url: ctiUrl } = await cti.start();
    const client = await pool.connect();
    await seedLedgerTenants(client, tenants, ctiUrl, 1000 + 10 * system.rounds.played).finally(() =>
      client.release(),
    );
    await setUpSimulatedCti(ctiUrl, tenants);
    const persons = await seatPersons({ plan, system, seed, faults, releases });
    const crowd = await openCrowd({
      ...{ system, suffix, faults, releases, signal },
      sockets: Math.max(10, Math.round((fault.sockets ?? FEW_SOCKETS) * Math.min(1, scale * 2))),
      random: random.next,
    });
    const sender = createCallbackSender(urls, true);
    releases.push(async () => sender.stop());

    const names = system.instances.filter((name) => !sparing || name.endsWith('-2'));
    const moment: FaultMoment = {
      ...{ system, random, scale, signal, log },
      pick: (service) => random.pick(names.filter((name) => name.replace(/-\d+$/, '') === service)),
      all: () => names,
      crowd,
    };
    await introduce(urls, [...tenants, crowd.tenant]);
    const strike = async (): Promise<FaultOutcome> => {
      await delay(random.between(...STRIKES_AFTER_MS), undefined, { signal });
      log(`${fault.name} strikes`);
      const outcome = await fault.inject(moment);
      await waitAllReady(system);
      log(`${fault.name} is over`);
      return outcome;
    };
    const striking = strike();
    const [outcome, sent] = await Promise.all([
      striking,
      sendPlan({ plan, persons, sender, options: { ...options, calls, gateways: 2, log: () => undefined } }),
      crowd.flood(Math.max(LEAST_FLOOD, Math.round(FULL_FLOOD * scale)), striking, options.floodPerSec),
    ]);

    const own = tenants.map(({ tenant }) => tenant);
    const books = await readSimulatedBooks(ctiUrl, tenants, sent.dials, signal);
    for (const dial of sent.dials) dial.originates = books.originatesTo(dial.call);
    const allSent = [...sent.callbacks, ...books.callbacks];
    for (const person of persons) person.rest();
    await waitForHistory(pool, own, allSent.filter((one) => one.acknowledged > 0).length, signal);
    await waitForTabs(persons, signal);
    const verdict = judgeCalls(allSent, sent.dials, await readTruth(pool, own), faults, outcome.undiallable);
    const due =
      (await judgeShown(verdict, persons, faults, signal, outcome.blind ?? [])) + (await crowd.judge());
    await compareStanding(persons, faults);
    const report = toRoundReport({
      fault,
      outcome,
      patience: options.patience ?? 1,
      faults,
      counts: {
        callbacks: allSent.filter((one) => one.acknowledged > 0).length + crowd.counts.acknowledged,
        dials: sent.dials.length,
        popupsDue: due,
        sockets: crowd.tabs.length + persons.reduce((sum, { tabs }) => sum + tabs.length, 0),
      },
      non2xx: sender.counts.non2xx + crowd.counts.non2xx,
      latenciesMs: [...sender.latenciesMs, ...crowd.latenciesMs],
      seed,
      seconds: Math.round((performance.now() - startedMs) / 100) / 10,
    });
    for (const example of report.examples) log(`✗ ${example}`);
    if (report.non2xx > 0) log(`not answered 2xx by any process: ${JSON.stringify(crowd.refusals)}`);
    return report;
  });
}

/** Every webhook hears of every company before the fault strikes, as after some minutes of any working day. */
async function introduce(urls: readonly string[], tenants: readonly LedgerTenant[]): Promise<void> {
  await Promise.all(
    urls.flatMap((url) =>
      tenants.map(async ({ callbackToken }) => {
        // It says of no call: looked up, and refused.
        const response = await fetch(`${url}/v1/cti/${callbackToken}/ended`, {
          signal: AbortSignal.timeout(30_000),
        });
        await response.arrayBuffer();
      }),
    ),
  );
}
