import { randomBytes, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Releases } from '@ramal/devstack';
import {
  type AgentTab,
  createAgentTab,
  createScreen,
  type LedgerFaults,
  type LedgerTenant,
  seedLedgerTenants,
} from '@ramal/ledger';
import { signAgentToken } from '@ramal/runtime';
import { sleepUntil } from '@ramal/testkit';
import type { FaultSystem } from './fault-system.ts';
import { judgeCrowd, type SentEnd } from './judge-crowd.ts';

/** Many agents with a tab each, and a flood of callbacks, some for them and most for nobody. */
export interface Crowd {
  readonly tenant: LedgerTenant;
  readonly tabs: readonly AgentTab[];
  /**
   * Sends at least so many callbacks, and on until `until` settles; done when each is answered or given up.
   * @param perSec most that are begun in a second; without it, as many as are answered
   */
  flood(least: number, until: Promise<unknown>, perSec?: number): Promise<void>;
  readonly counts: {
    sent: number;
    acknowledged: number;
    copies: number;
    /** Answers that were not 2xx, or none, after all processes were asked. */
    non2xx: number;
  };
  /** What the last process that was asked answered then, each status counted; 0 is no answer. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly latenciesMs: number[];
  /** Holds what was acknowledged against what is stored and shown. @returns how many pop-ups were due */
  judge(): Promise<number>;
  /** Tells of one more call, once, whatever comes of it. @returns the call's id at the CTI if it was answered 2xx */
  probe(): Promise<string | null>;
  /** The CTI calls' ids of the callbacks that were acknowledged last. */
  lastAcknowledged(most: number): string[];
  /** What a tab was told last about the service, and when, epoch ms; undefined as long as it was told nothing. */
  stateOf(tab: AgentTab): { state: string; atMs: number } | undefined;
  /** Cuts every socket; resolves when all are back, to the time each took, in ms. */
  cutAll(): Promise<number[]>;
}

const CONNECTIONS = 32;
const RETRY_MS = [250, 500, 1000, 2000, 4000, 6000];
const ANSWER_WITHIN_MS = 10_000;
const DUPLICATED = 0.1;
/** Far below the fifty that stand at most, beyond which the oldest give way. */
const MOST_FOR_ONE_AGENT = 20;
const LISTEN_EVERY = 2;
const CONNECT_AT_ONCE = 100;

export async function openCrowd(options: {
  system: FaultSystem;
  suffix: string;
  sockets: number;
  faults: LedgerFaults;
  random: () => number;
  releases: Releases;
  signal: AbortSignal;
}): Promise<Crowd> {
  const { system, suffix, sockets, faults, random, releases, signal } = options;
  const tenant = toCrowdTenant(`crowd${suffix}`, sockets);
  await system.pool
    .connect()
    .then((client) =>
      seedLedgerTenants(client, [tenant], 'http://127.0.0.1:1', 500_000 + system.rounds.played).finally(() =>
        client.release(),
      ),
    );
  const states = new Map<string, { state: string; atMs: number }>();
  const tabs = await seat(system, tenant, faults, states);
  releases.push(async () => tabs.forEach((tab) => tab.stop()));
  for (let first = 0; first < tabs.length; first += CONNECT_AT_ONCE) {
    const some = tabs.slice(first, first + CONNECT_AT_ONCE);
    some.forEach((tab) => tab.start());
    await sleepUntil(() => some.every((tab) => tab.isReady()), {
      timeoutMs: 60_000,
      describe: 'the crowd to be seated',
    });
    signal.throwIfAborted();
  }

  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  releases.push(async () => agent.destroy());
  const urls = system.stack.dev.webhookUrls;
  const sent: SentEnd[] = [];
  const counts = { sent: 0, acknowledged: 0, copies: 0, non2xx: 0 };
  const refusals: Record<string, number> = {};
  let probes = 0;
  const latenciesMs: number[] = [];

  const post = (url: string, query: URLSearchParams): Promise<number> =>
    new Promise((resolve) => {
      const asked = request(
        `${url}/v1/cti/${tenant.callbackToken}/ended?${query.toString()}`,
        { agent, timeout: ANSWER_WITHIN_MS },
        (response) => {
          response.resume();
          response.once('end', () => resolve(response.statusCode ?? 0));
          response.once('error', () => resolve(0));
        },
      );
      asked.once('timeout', () => asked.destroy());
      asked.once('error', () => resolve(0));
      asked.end();
    });

  /** As a CTI behind a load balancer: the next process is asked where one does not answer; then it waits. */
  const tell = async (one: SentEnd, query: URLSearchParams): Promise<void> => {
    const startedMs = performance.now();
    for (const pauseMs of [...RETRY_MS, null]) {
      let status = 0;
      const first = counts.copies;
      for (let i = 0; i < urls.length && (status === 0 || status === 503); i++) {
        status = await post(urls[(first + i) % urls.length] ?? '', query);
      }
      if (status >= 200 && status < 300) {
        if (!one.acknowledged) counts.acknowledged += 1;
        one.acknowledged = true;
        latenciesMs.push(performance.now() - startedMs);
        return;
      }
      counts.non2xx += 1;
      refusals[status] = (refusals[status] ?? 0) + 1;
      if (pauseMs === null || signal.aborted) return;
      await delay(pauseMs);
    }
  };

  const sendNext = async (): Promise<void> => {
    const n = counts.sent;
    counts.sent += 1;
    const turn = Math.floor(n / LISTEN_EVERY);
    const isForSomebody =
      n % LISTEN_EVERY === 0 && tenant.agents.length > 0 && turn < tenant.agents.length * MOST_FOR_ONE_AGENT;
    const listener = isForSomebody ? (tenant.agents[turn % tenant.agents.length] ?? null) : null;
    const one: SentEnd = { id: randomUUID(), agent: listener, acknowledged: false };
    sent.push(one);
    const query = new URLSearchParams({
      origem: `479${String(n).padStart(8, '0')}`,
      destino: listener?.ramal ?? '99999',
      id: one.id,
      duracao: '3',
    });
    const copies = random() < DUPLICATED ? 2 : 1;
    counts.copies += copies;
    await Promise.all(Array.from({ length: copies }, () => tell(one, query)));
  };

  return {
    tenant,
    tabs,
    counts,
    refusals,
    latenciesMs,
    flood: async (least, until, perSec = Number.POSITIVE_INFINITY) => {
      let over = false;
      let nextMs = performance.now();
      const turn = async () => {
        const nowMs = performance.now();
        // What an outage held up is not made up for.
        nextMs = Math.max(nowMs, nextMs + 1000 / perSec);
        if (nextMs > nowMs) await delay(nextMs - nowMs);
      };
      void until.finally(() => (over = true)).catch(() => undefined);
      const work = async () => {
        while ((counts.sent < least || !over) && !signal.aborted) {
          await turn();
          await sendNext();
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, work));
      signal.throwIfAborted();
    },
    probe: async () => {
      probes += 1;
      const one: SentEnd = { id: randomUUID(), agent: null, acknowledged: false };
      sent.push(one);
      const origem = `478${String(probes).padStart(8, '0')}`;
      const query = new URLSearchParams({ origem, destino: '99999', id: one.id, duracao: '3' });
      const status = await post(urls[probes % urls.length] ?? '', query);
      one.acknowledged = status >= 200 && status < 300;
      return one.acknowledged ? one.id : null;
    },
    lastAcknowledged: (most) =>
      sent
        .filter((one) => one.acknowledged)
        .slice(-most)
        .map(({ id }) => id),
    stateOf: (tab) => states.get(tab.name),
    judge: () => judgeCrowd({ system, tenant, sent, tabs, faults, signal }),
    cutAll: async () => {
      const cutAtMs = Date.now();
      for (const tab of tabs) tab.cut(0);
      await sleepUntil(() => signal.aborted || tabs.every((tab) => tab.isReady()), {
        timeoutMs: 120_000,
        describe: () => `the crowd to be back: ${tabs.filter((tab) => tab.isReady()).length} are`,
      });
      return tabs.map((tab) => (tab.connected.at(-1)?.fromMs ?? cutAtMs) - cutAtMs);
    },
  };
}

function toCrowdTenant(tenant: string, sockets: number): LedgerTenant {
  return {
    tenant,
    sendsIds: false,
    callbackToken: randomBytes(32).toString('hex'),
    agents: Array.from({ length: sockets }, (_, i) => ({
      tenant,
      user: `agent-${i + 1}`,
      ramal: String(10_001 + i),
    })),
  };
}

async function seat(
  system: FaultSystem,
  tenant: LedgerTenant,
  faults: LedgerFaults,
  states: Map<string, { state: string; atMs: number }>,
): Promise<AgentTab[]> {
  const { secret, stack } = system;
  return Promise.all(
    tenant.agents.map(async (agent, i) => {
      let tries = i;
      return createAgentTab({
        name: agent.user,
        token: await signAgentToken({ ...agent, secret, ttlSec: 24 * 3600 }),
        toGatewayUrl: () => stack.dev.gatewayUrls[tries++ % stack.dev.gatewayUrls.length] ?? '',
        screen: createScreen(agent, (fault, detail) => faults.note(fault, `${agent.user}: ${detail}`)),
        onEvent: (event) => {
          if (event.op !== 'cti.status') return;
          states.set(agent.user, { state: event.data.state, atMs: Date.now() });
        },
        onGone: () => undefined,
      });
    }),
  );
}
