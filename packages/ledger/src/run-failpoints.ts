import { type InstanceName, withReleases } from '@ramal/devstack';
import type { OriginateRecord } from '@ramal/simulator';
import { sleepUntil } from '@ramal/testkit';
import { createCtiWeather, type CtiWeather } from './cti-weather.ts';
import { createDialBook, type DialBook } from './dial-book.ts';
import { createDialerFleet, type DialerFleet, type FleetDeaths } from './dialer-fleet.ts';
import { type DiallingAgents, seatDiallers } from './dialling-agents.ts';
import { ALL_PHASES, type KillPhase } from './failpoint-phases.ts';
import { type FailpointReport, type JudgedDial, toFailpointReport } from './failpoint-report.ts';
import { NOT_PLACED_STATUSES, toFailpointTenants } from './failpoint-tenants.ts';
import { judgeIntent, type JudgeOptions } from './judge-intents.ts';
import type { FailpointRunOptions } from './ledger-run-options.ts';
import type { LedgerTenant } from './ledger-tenants.ts';
import { playPlan } from './play-plan.ts';
import { createRandom } from './random.ts';
import { readIntents, waitForEnds } from './read-intents.ts';
import { readRedisClock } from './redis-clock.ts';
import { type LedgerSystem, startSystem } from './start-system.ts';

const DIALERS: readonly InstanceName[] = ['dialer', 'dialer-2', 'dialer-3'];
const RESTART_AFTER_MS = 50;
/** What a dialer takes down with it when it dies. */
const DIALER_CONCURRENCY = 15;
/** Clicks a second, and in a short run as many seconds as let a dialer die more than once. */
const MOST_CLICKS_PER_SEC = 100;
const LEAST_CLICKS_PER_SEC = 20;
const SHORTEST_PHASE_SEC = 10;
/** Clicks that the gateways have not acknowledged, above which nobody clicks. */
const MOST_UNACKNOWLEDGED = 40;
/**
 * Clicks without a final state, above which nobody clicks: where dialers take long to come back, fewer dials come to
 * nothing but their deadline. Those of the dead wait for it all the same.
 */
const MOST_OPEN_SHARE = 0.1;
const LEAST_MOST_OPEN = 60;
/** The deadline, what an agent may be left in doubt after it, and some more, so that what comes too late is seen. */
const SETTLED_WITHIN_MS = 10_000 + 2000 + 4000;
/** Clicks until CTIs that are sick get another illness. */
const SICKNESS_LASTS = 100;
/** Nothing is forgiven: the dialer has to leave time for the way to the CTI. */
const ON_THE_WAY_MS = 0;
const EXAMPLES = 20;

/**
 * Has agents dial while the dialers die, at one point of a dial after the other, and holds what they were told, what is
 * stored and what reached the CTI against one another (I1, I2). Everything it starts it stops.
 * @param phases where to die, one after the other; default: everywhere
 */
export async function runFailpoints(
  options: FailpointRunOptions,
  phases: readonly KillPhase[] = ALL_PHASES,
): Promise<FailpointReport> {
  const startedMs = performance.now();
  return withReleases(options, async (releases) => {
    const tenants = toFailpointTenants();
    const system = await startSystem(
      {
        ...options,
        dialers: DIALERS.length,
        only: ['simulator', 'history', 'dialer', 'webhook', 'ws-gateway'],
        restartAfterMs: RESTART_AFTER_MS,
        dialerConcurrency: DIALER_CONCURRENCY,
        ...(options.env === undefined ? {} : { env: options.env }),
      },
      tenants,
      releases,
    );
    const book = createDialBook();
    const people = await seatDiallers({ tenants, system, book, releases });
    const random = createRandom(options.seed);
    const fleet = createDialerFleet(system.stack, DIALERS, random);
    const weather = createCtiWeather(system.stack.dev.simulatorUrl, tenants, createRandom(options.seed + 1));
    const deaths = new Map<string, FleetDeaths>();
    for (const phase of phases) {
      deaths.set(phase.name, await playPhase({ phase, people, book, fleet, weather, options }));
    }
    await weather.calm();
    const judged = await judgeAll(book, system, tenants, options);
    return toFailpointReport({
      judged,
      deaths,
      gateways: options.gateways,
      seed: options.seed,
      seconds: Math.round((performance.now() - startedMs) / 100) / 10,
    });
  });
}

/** One stretch: the dialers die, the agents click, and all is over when every click is, or should long be. */
async function playPhase(context: {
  phase: KillPhase;
  people: DiallingAgents;
  book: DialBook;
  fleet: DialerFleet;
  weather: CtiWeather;
  options: FailpointRunOptions;
}): Promise<FleetDeaths> {
  const { phase, people, book, fleet, weather, options } = context;
  const { signal, intents } = options;
  const startedMs = performance.now();
  const mostPerSec = phase.mostPerSec ?? MOST_CLICKS_PER_SEC;
  const perSec = Math.min(mostPerSec, Math.max(LEAST_CLICKS_PER_SEC, intents / SHORTEST_PHASE_SEC));
  const mostOpen = Math.max(LEAST_MOST_OPEN, intents * MOST_OPEN_SHARE);
  const clicks = new Set<Promise<void>>();
  const click = (n: number) => {
    const agent = people.agents[n % people.agents.length];
    if (agent === undefined) return;
    const { weather: sky = 'changing' } = phase;
    if (sky === 'changing') weather.blow();
    // Another illness every now and then.
    else if (sky === 'sick' && n % SICKNESS_LASTS === 0) void weather.set('sick');
    const made = people.dial(book.add({ phase: phase.name, agent })).finally(() => clicks.delete(made));
    clicks.add(made);
  };
  await fleet.begin(phase, intents);
  if (phase.weather !== undefined && phase.weather !== 'changing') await weather.set(phase.weather);
  try {
    await playPlan({
      actions: Array.from({ length: intents }, (_, n) => ({
        dueMs: (n / perSec) * 1000,
        run: () => click(n),
      })),
      isBehind: () => clicks.size > MOST_UNACKNOWLEDGED || book.open() > mostOpen,
      signal,
    });
    await Promise.all(clicks);
    const dials = book.of(phase.name);
    const lastMs = Math.max(...dials.map(({ askedMs }) => askedMs));
    const isOver = () =>
      dials.every(({ told }) => told.length > 0) || Date.now() > lastMs + SETTLED_WITHIN_MS;
    await sleepUntil(() => signal.aborted || isOver(), { timeoutMs: 2 * SETTLED_WITHIN_MS, everyMs: 50 });
    signal.throwIfAborted();
    const clickedMs = performance.now() - startedMs;
    const deaths = await fleet.end();
    const states = ['accepted', 'uncertain', 'failed', 'expired'].map((state) => {
      const count = dials.filter(({ told }) => told[0]?.state === `dial.${state}`).length;
      return `${count} ${state}`;
    });
    options.log(
      `${phase.name}: ${dials.length} intents, ${deaths.killed} kills, ${states.join(', ')}; ` +
        `${Math.round(clickedMs / 1000)} s`,
    );
    return deaths;
  } finally {
    await fleet.end();
  }
}

/** Nothing runs any more that could dial: what the CTI's log holds now is all there will ever be. */
async function judgeAll(
  book: DialBook,
  system: LedgerSystem,
  tenants: readonly LedgerTenant[],
  { signal, log }: FailpointRunOptions,
): Promise<JudgedDial[]> {
  const names = tenants.map(({ tenant }) => tenant);
  const dials = book.all();
  log('waiting for the history');
  await waitForEnds(system.pool, names, dials.filter(({ callId }) => callId !== null).length, signal);
  const stored = await readIntents(system.pool, names);
  const originates = await readOriginates(system.stack.dev.simulatorUrl, signal);
  const clock = await readRedisClock(system.redisUrl);
  log(
    `Redis' clock is ${clock.offsetMs.toFixed(1)} ms ahead of ours, give or take ${clock.uncertaintyMs.toFixed(1)} ms`,
  );
  const judgeOptions: JudgeOptions = {
    notPlacedStatuses: NOT_PLACED_STATUSES,
    clockOffsetMs: clock.offsetMs,
    onTheWayMs: ON_THE_WAY_MS,
  };
  let told = 0;
  return dials.map((dial): JudgedDial => {
    const own = originates.get(`${dial.agent.tenant} ${dial.to}`) ?? [];
    const evidence = { dial, stored: stored.get(dial.intentId) ?? null, originates: own };
    const verdict = judgeIntent(evidence, judgeOptions);
    if (verdict.faults.length > 0 && (told += 1) <= EXAMPLES) {
      log(`✗ ${verdict.faults.join(', ')} at ${dial.phase}: ${JSON.stringify({ ...evidence, verdict })}`);
    }
    return { dial, originates: own.length, verdict };
  });
}

/** The CTI's log, by company and number. */
async function readOriginates(url: string, signal: AbortSignal): Promise<Map<string, OriginateRecord[]>> {
  const response = await fetch(`${url}/control/originates`, { signal });
  const byNumber = new Map<string, OriginateRecord[]>();
  for (const record of (await response.json()) as OriginateRecord[]) {
    const key = `${record.account ?? ''} ${record.destination ?? ''}`;
    byNumber.set(key, [...(byNumber.get(key) ?? []), record]);
  }
  return byNumber;
}
