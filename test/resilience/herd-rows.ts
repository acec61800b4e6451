import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceName } from '@ramal/devstack';
import { sleepUntil } from '@ramal/testkit';
import { openTenant, type TestTenant } from '../harness/open-tenant.ts';
import { sendCallback } from '../harness/send-callback.ts';
import type { TestStack } from '../harness/start-test-stack.ts';
import { type AgentHerd, openAgentHerd } from './agent-herd.ts';

/** A company whose agents are connected by the thousand, and some of whom get calls all the time. */
export interface HerdCompany {
  company: TestTenant;
  herd: AgentHerd;
  close(): Promise<void>;
}

/** What one fault came to. */
export interface HerdOutcome {
  sockets: number;
  /** From the end of a connection to the next `ready`, ms. */
  p50Ms: number;
  p99Ms: number;
  worstMs: number;
  /** Callbacks answered 2xx while it went on. */
  calls: number;
  /** Of those, the pop-ups that nobody was shown, and those shown more than once. */
  missed: number;
  twice: number;
  /** Returns that had lost their place in the inbox. */
  lost: number;
  /** The greatest resident memory of a gateway, in MiB, before and after. */
  memoryBeforeMiB: number;
  memoryAfterMiB: number;
  /** What the gateways that lived through it computed, ms: on a busy machine the times above are mostly waits for a turn. */
  cpuMs: number;
}

/** Below the 50 live pop-ups that an agent has at most, in the longest of these tests. */
const PHONES = 40;
const CALL_EVERY_MS = 25;
/** Calls of one measurement; a herd that is back sooner is given them afterwards. */
export const LEAST_CALLS = 20;

export async function openHerdCompany(
  system: TestStack,
  tenant: string,
  sockets: number,
): Promise<HerdCompany> {
  const company = await openTenant(system, tenant, { agentCount: PHONES });
  const phones = company.agents.map(({ user, ramal }) => ({ user, ramal }));
  // Their tokens let them in; nobody calls them.
  const others = Array.from({ length: sockets - PHONES }, (_, i) => ({ user: `crowd-${i}`, ramal: null }));
  const members = await Promise.all(
    [...phones, ...others].map(async ({ user, ramal }) => ({
      user,
      token: await system.signToken(tenant, user, ramal, 3_600),
    })),
  );
  const herd = await openAgentHerd(system.dev.gatewayUrls, members);
  return {
    company,
    herd,
    close: async () => {
      herd.close();
      await company.close();
    },
  };
}

/**
 * Lets calls come in steadily, does something to the gateways, and waits until every agent is back and every pop-up of an
 * answered callback was shown, or will not be.
 */
export async function measureReturn(
  system: TestStack,
  { company, herd }: HerdCompany,
  fault: () => Promise<void> | void,
  timeoutMs: number,
): Promise<HerdOutcome> {
  const [memoryBeforeMiB, cpuBefore] = await Promise.all([readMemoryMiB(system), readCpuMs(system)]);
  herd.forget();
  const lostBefore = herd.lost();
  const calls = startCalls(system, company);
  await sleepUntil(() => calls.answered.length > 3, { timeoutMs: 30_000, describe: 'the first calls' });
  await fault();
  await sleepUntil(() => herd.returns().length > 0, { timeoutMs, describe: 'the first to come back' });
  await herd.waitReady(timeoutMs);
  await sleepUntil(() => calls.answered.length >= LEAST_CALLS, { timeoutMs, describe: 'enough calls' });
  await calls.stop();
  const missing = () => calls.answered.filter((peer) => herd.shown(peer) === 0);
  await sleepUntil(() => missing().length === 0, { timeoutMs: 15_000 }).catch(() => undefined); // counted below
  const times = herd.returns().toSorted((a, b) => a - b);
  const at = (share: number) =>
    Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return {
    sockets: times.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    worstMs: at(1),
    calls: calls.answered.length,
    missed: missing().length,
    twice: calls.answered.filter((peer) => herd.shown(peer) > 1).length,
    lost: herd.lost() - lostBefore,
    memoryBeforeMiB,
    memoryAfterMiB: await readMemoryMiB(system),
    cpuMs: sumGrowth(cpuBefore, await readCpuMs(system)),
  };
}

let lastPeer = 47_940_000_000;

/** One incoming call after the other, each of a number of its own, to the company's telephones in turn. */
function startCalls(system: TestStack, company: TestTenant) {
  const answered: string[] = [];
  let going = true;
  const run = async () => {
    while (going) {
      lastPeer += 1;
      const peer = String(lastPeer);
      const ramal = String(3501 + (lastPeer % PHONES));
      const url = `${system.dev.webhookUrl}/v1/cti/${company.callbackToken}/incoming`;
      const { status } = await sendCallback(`${url}?origem=${peer}&destino=${ramal}&id=${peer}`);
      if (status === 200) answered.push(peer);
      await delay(CALL_EVERY_MS);
    }
  };
  const running = run();
  return {
    answered,
    stop: async () => {
      going = false;
      await running;
    },
  };
}

/** Of the gateway that has most, MiB. */
export async function readMemoryMiB({ dev }: TestStack): Promise<number> {
  const gateways = Object.entries(dev.services).filter(([name]) => name.startsWith('ws-gateway'));
  const sizes = await Promise.all(
    gateways.map(async ([, { pid }]) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
    }),
  );
  return Math.round(Math.max(0, ...sizes));
}

/** A tick is 10 ms wherever Node runs. */
const TICK_MS = 10;

/** By process id. */
async function readCpuMs({ dev }: TestStack): Promise<Map<number, number>> {
  const gateways = Object.entries(dev.services).filter(([name]) => name.startsWith('ws-gateway'));
  const times = await Promise.all(
    gateways.map(async ([, { pid }]): Promise<[number, number]> => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return [pid, (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS];
    }),
  );
  return new Map(times);
}

function sumGrowth(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number {
  return [...after].reduce((sum, [pid, ms]) => sum + Math.max(0, ms - (before.get(pid) ?? ms)), 0);
}

/** kill -9 of one gateway: its supervisor starts another one. */
export function killGateway({ stack }: TestStack, name: InstanceName = 'ws-gateway'): void {
  stack.kill(name, 'SIGKILL');
}
