import { setTimeout as delay } from 'node:timers/promises';
import type { Releases } from '@ramal/devstack';
import { signAgentToken } from '@ramal/runtime';
import { sleepUntil } from '@ramal/testkit';
import { type AgentTab, createAgentTab, TabRequestError } from './agent-tab.ts';
import type { BookedDial, DialBook } from './dial-book.ts';
import type { LedgerAgent, LedgerTenant } from './ledger-tenants.ts';
import { createScreen } from './screen.ts';
import type { LedgerSystem } from './start-system.ts';

/** Agents with a tab each, who click. */
export interface DiallingAgents {
  readonly agents: readonly LedgerAgent[];
  /** Clicks, and clicks again under the same intentId until it is acknowledged or patience ends. */
  dial(dial: BookedDial): Promise<void>;
}

const TOKEN_TTL_SEC = 24 * 3600;
const PATIENCE_MS = 8000;
const CLICK_AGAIN_MS = 200;

/** Connects everybody, spread over the gateways. */
export async function seatDiallers(options: {
  tenants: readonly LedgerTenant[];
  system: LedgerSystem;
  book: DialBook;
  releases: Releases;
}): Promise<DiallingAgents> {
  const { tenants, system, book, releases } = options;
  const urls = system.stack.dev.gatewayUrls;
  const agents = tenants.flatMap((tenant) => tenant.agents);
  const tabs = new Map<LedgerAgent, AgentTab>();
  for (const [i, agent] of agents.entries()) {
    const token = await signAgentToken({ secret: system.secret, ...agent, ttlSec: TOKEN_TTL_SEC });
    const tab = createAgentTab({
      name: 'tab-1',
      token,
      toGatewayUrl: () => urls[i % urls.length] ?? '',
      // What screens show is judged by the other kind of run.
      screen: createScreen(agent, () => undefined),
      onEvent: (event) => book.hear(event, Date.now()),
      onGone: () => undefined,
    });
    tabs.set(agent, tab);
    tab.start();
  }
  releases.push(async () => {
    for (const tab of tabs.values()) tab.stop();
  });
  await sleepUntil(() => [...tabs.values()].every((tab) => tab.isReady()), {
    timeoutMs: 30_000,
    describe: 'all tabs to be ready',
  });
  return { agents, dial: (dial) => click(dial, tabs.get(dial.agent)) };
}

async function click(dial: BookedDial, tab: AgentTab | undefined): Promise<void> {
  const { intentId, to } = dial;
  while (tab !== undefined && Date.now() < dial.askedMs + PATIENCE_MS) {
    try {
      dial.callId = ((await tab.request('dial', { intentId, to })) as { callId: string }).callId;
      return;
    } catch (error) {
      if (!(error instanceof TabRequestError)) throw error;
      await delay(CLICK_AGAIN_MS);
    }
  }
}
