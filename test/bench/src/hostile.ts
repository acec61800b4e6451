import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Releases, type RunEnvironment, withReleases } from '@ramal/devstack';
import { signAgentToken } from '@ramal/runtime';
import { type BenchAgent, connectBenchAgent } from './bench-agent.ts';
import { openBenchCtis } from './bench-ctis.ts';
import { benchAgentOf, type BenchSystem, type BenchTenant, startBenchSystem } from './bench-system.ts';
import { startCrewProcess } from './crew-process.ts';
import type { CrewCounts } from './hostile-crew.ts';
import {
  type HostilePart,
  type HostileReport,
  type Kind,
  toHostileReport,
  type Work,
} from './hostile-report.ts';
import type { HostileOptions } from './options.ts';
import { toPercentiles } from './percentiles.ts';

const TENANTS = 4;
const CONNECT_AT_ONCE = 20;
const PACE = { popupsPerSec: 20, dialsPerSec: 5 };
const WARM_UP_SEC = 3;
const LAST_MS = 12_000;
/** What the crew left behind goes: strangers after 5 s, slow handshakes within 14. */
const REST_MS = 6_000;
const TICK_MS = 5;
/** As docs/limits.md recommends, and no page of any other origin. */
const GATEWAY_ENV = {
  GATEWAY_ALLOWED_ORIGINS: 'https://crm.example',
  GATEWAY_MAX_SOCKETS_PER_IP: '20000',
  GATEWAY_MAX_UNAUTHENTICATED_PER_IP: '4000',
  GATEWAY_HANDSHAKES_PER_MINUTE_PER_IP: '12000',
};
/** The attackers' own company: its limits are not the others'. */
const CREW = 'bench-crew';

interface Sent {
  work: Work;
  sentMs: number;
  tookMs?: number;
}

/** Two parts a round, with the same pop-ups and dials: without the crew, then with it. */
export function runHostile(options: HostileOptions, environment: RunEnvironment): Promise<HostileReport> {
  return withReleases(environment, (releases) => measure(options, environment, releases));
}

async function measure(
  options: HostileOptions,
  environment: RunEnvironment,
  releases: Releases,
): Promise<HostileReport> {
  const { log, signal } = environment;
  /** What is under way, by its number, which no other has. */
  const underWay = new Map<string, Sent>();
  const arrived = (number: string, work: Work) => {
    const sent = underWay.get(number);
    if (sent?.work === work) sent.tookMs ??= performance.now() - sent.sentMs;
  };
  const ctis = await openBenchCtis(0, (number) => arrived(number, 'dial'));
  releases.push(ctis.close);
  const tenants = toTenants(options.agents, ctis.well.port);
  const crewTenant: BenchTenant = { tenant: CREW, port: ctis.well.port };
  const system = await startBenchSystem([...tenants, crewTenant], environment, releases, {
    services: ['history', 'dialer', 'ws-gateway', 'webhook'],
    gatewayEnv: GATEWAY_ENV,
  });
  const target = await toTarget(system);
  const crew = startCrewProcess();
  releases.push(crew.close);
  log(`connecting ${options.agents} agents`);
  const seats = await seatAgents(system, tenants, signal, releases, (frame) => {
    const number = /"op":"popup\.show".*"raw":"(\d+)"/.exec(frame.subarray(0, 600).toString('latin1'))?.[1];
    if (number !== undefined) arrived(number, 'popup');
  });
  const pid = system.gatewayPid();

  const play = async (seconds: number): Promise<Sent[]> => {
    const part: Sent[] = [];
    await keepPace(seats, seconds, signal, (seat, work, number) => {
      const sent: Sent = { work, sentMs: performance.now() };
      part.push(sent);
      underWay.set(number, sent);
      if (work === 'dial') seat.agent.dial(`hostile-${number}`, number);
      else ring(system, seat, number);
    });
    const untilMs = performance.now() + LAST_MS;
    while (part.some(({ tookMs }) => tookMs === undefined) && performance.now() < untilMs) {
      await delay(50, undefined, { signal });
    }
    underWay.clear();
    return part;
  };

  log('warming up');
  await play(WARM_UP_SEC);
  const parts: HostilePart[] = [];
  const took: Record<Kind, Record<Work, number[]>> = {
    quiet: { popup: [], dial: [] },
    attacked: { popup: [], dial: [] },
  };
  const attacks: CrewCounts = {};
  let rested = true;
  for (let round = 1; round <= options.rounds; round++) {
    // In turns, so that what else goes on on the machine meets both alike.
    const kinds: Kind[] = round % 2 === 1 ? ['quiet', 'attacked'] : ['attacked', 'quiet'];
    for (const kind of kinds) {
      if (kind === 'quiet' && !rested) {
        await delay(REST_MS, undefined, { signal });
        rested = true;
      }
      if (kind === 'attacked') crew.attack(target);
      const sent = await play(options.seconds);
      if (kind === 'attacked') {
        for (const [what, count] of Object.entries(await crew.rest())) {
          attacks[what] = (attacks[what] ?? 0) + count;
        }
        rested = false;
      }
      for (const work of ['popup', 'dial'] as const) {
        const all = sent.filter((one) => one.work === work);
        const times = all.flatMap(({ tookMs }) => (tookMs === undefined ? [] : [tookMs]));
        took[kind][work].push(...times);
        const part = { round, kind, work, ...toPercentiles(times), missing: all.length - times.length };
        parts.push(part);
        log(
          `round ${round} ${kind} ${work}: p50 ${part.p50} ms, p99 ${part.p99} ms, missing ${part.missing}`,
        );
      }
    }
  }
  const refused = seats.reduce((sum, { agent }) => sum + agent.refused(), 0);
  return toHostileReport(options, parts, took, {
    attacks,
    refused,
    gatewayRestarted: system.gatewayPid() !== pid,
  });
}

interface Seat {
  agent: BenchAgent;
  tenant: BenchTenant;
  ramal: string;
}

function toTenants(agents: number, port: number): BenchTenant[] {
  return Array.from({ length: TENANTS }, (_, i) => ({
    tenant: `bench-${i + 1}`,
    port,
    agents: Math.ceil((agents - i) / TENANTS),
    callbackToken: randomBytes(32).toString('hex'),
  }));
}

async function toTarget({ gatewayUrl, secret }: BenchSystem) {
  const who = { secret, tenant: CREW, ...benchAgentOf(0) };
  return {
    gatewayUrl,
    token: await signAgentToken({ ...who, ttlSec: 3_600 }),
    expiredToken: await signAgentToken({ ...who, ttlSec: -60 }),
  };
}

async function seatAgents(
  system: BenchSystem,
  tenants: readonly BenchTenant[],
  signal: AbortSignal,
  releases: Releases,
  onFrame: (frame: Buffer) => void,
): Promise<Seat[]> {
  const seats: Seat[] = [];
  releases.push(async () => seats.forEach(({ agent }) => agent.close()));
  const wanted = tenants.flatMap((tenant) =>
    Array.from({ length: tenant.agents ?? 1 }, (_, index) => ({ tenant, person: benchAgentOf(index) })),
  );
  const left = wanted.values();
  const seat = async () => {
    for (const { tenant, person } of left) {
      const agent = await connectBenchAgent(system, tenant.tenant, signal, { agent: person, onFrame });
      seats.push({ agent, tenant, ramal: person.ramal });
    }
  };
  await Promise.all(Array.from({ length: CONNECT_AT_ONCE }, seat));
  return seats;
}

/** The CTI tells of a call that comes in. What becomes of the request is seen by its pop-up. */
function ring({ webhookUrl }: BenchSystem, { tenant, ramal }: Seat, number: string): void {
  const url = `${webhookUrl}/v1/cti/${tenant.callbackToken}/incoming?origem=${number}&destino=${ramal}`;
  fetch(url)
    .then((response) => response.arrayBuffer())
    .catch(() => undefined);
}

/** Numbers of the run, none of them twice. */
let lastNumber = 0;

/** Pop-ups and dials at evenly spread moments, each for the next agent, however late the last ones were. */
async function keepPace(
  seats: readonly Seat[],
  seconds: number,
  signal: AbortSignal,
  work: (seat: Seat, work: Work, number: string) => void,
): Promise<void> {
  const perSec = PACE.popupsPerSec + PACE.dialsPerSec;
  const dialEvery = perSec / PACE.dialsPerSec;
  const startedMs = performance.now();
  for (let made = 0; made < perSec * seconds; ) {
    signal.throwIfAborted();
    const due = Math.min(perSec * seconds, Math.floor(((performance.now() - startedMs) / 1000) * perSec) + 1);
    for (; made < due; made++) {
      lastNumber += 1;
      const seat = seats[lastNumber % seats.length];
      const number = `473${String(2_000_000 + (lastNumber % 1_000_000)).padStart(7, '0')}`;
      if (seat !== undefined) work(seat, made % dialEvery === 0 ? 'dial' : 'popup', number);
    }
    await delay(TICK_MS, undefined, { signal });
  }
}
