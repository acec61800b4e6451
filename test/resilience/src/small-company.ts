import { randomBytes, randomUUID } from 'node:crypto';
import type { Releases } from '@ramal/devstack';
import {
  type AgentTab,
  createAgentTab,
  createScreen,
  type LedgerTenant,
  seedLedgerTenants,
  toLedgerAccounts,
} from '@ramal/ledger';
import { signAgentToken } from '@ramal/runtime';
import { createSimulator, type Simulator } from '@ramal/simulator';
import { type ServerEvent, sleepUntil } from '@ramal/testkit';
import type { FaultSystem } from './fault-system.ts';

/** A company with one agent, one tab and a CTI of its own, to try one thing at a time. */
export interface SmallCompany {
  readonly tenant: string;
  readonly tab: AgentTab;
  /** Everything the tab was sent, over all its connections. */
  readonly events: readonly ServerEvent[];
  readonly cti: Simulator;
  /** An `ended` callback; sent to one process after the other until it is answered 2xx. @returns the call's id at the CTI */
  end(id?: string): Promise<string>;
  /** The same, sent once to one process. @returns the answer's status, 0 where none came */
  endOnce(id: string): Promise<number>;
  /** How often each of these calls' ends is stored. */
  stored(ids: readonly string[]): Promise<number[]>;
  /** Clicks; the ack's call id. */
  dial(intentId: string, to: string): Promise<void>;
  /** The last word on a dial that the tab has heard. */
  finalOf(intentId: string): string | undefined;
}

const FINALS = ['dial.accepted', 'dial.failed', 'dial.expired', 'dial.uncertain'];
const PATIENCE_MS = 60_000;

export async function openSmallCompany(system: FaultSystem, releases: Releases): Promise<SmallCompany> {
  system.rounds.played += 1;
  const tenant = `small-${system.rounds.played}`;
  const agent = { tenant, user: 'agent-1', ramal: '3501' };
  const company: LedgerTenant = {
    tenant,
    sendsIds: true,
    silent: true,
    callbackToken: randomBytes(32).toString('hex'),
    agents: [agent],
  };
  const cti = createSimulator({ accounts: toLedgerAccounts([company]) });
  releases.push(cti.stop);
  const { url } = await cti.start();
  const client = await system.pool.connect();
  await seedLedgerTenants(client, [company], url, 700_000 + system.rounds.played).finally(() =>
    client.release(),
  );
  const events: ServerEvent[] = [];
  const { secret, stack, pool } = system;
  let tries = 0;
  const tab = createAgentTab({
    name: 'tab-1',
    token: await signAgentToken({ ...agent, secret, ttlSec: 3600 }),
    toGatewayUrl: () => stack.dev.gatewayUrls[tries++ % stack.dev.gatewayUrls.length] ?? '',
    screen: createScreen(agent, () => undefined),
    onEvent: (event) => events.push(event),
    onGone: () => undefined,
  });
  releases.push(async () => tab.stop());
  tab.start();
  await sleepUntil(() => tab.isReady(), { timeoutMs: PATIENCE_MS, describe: 'the agent to be ready' });

  let turn = 0;
  const endOnce = async (id: string): Promise<number> => {
    const base = stack.dev.webhookUrls[turn++ % stack.dev.webhookUrls.length] ?? '';
    try {
      const response = await fetch(`${base}/v1/cti/${company.callbackToken}/ended`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ origem: '47910000001', destino: '3501', id, duracao: '3' }),
        signal: AbortSignal.timeout(10_000),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 0; // nobody answers
    }
  };
  return {
    tenant,
    tab,
    events,
    cti,
    endOnce,
    end: async (id = randomUUID()) => {
      await sleepUntil(async () => (await endOnce(id)) === 200, {
        timeoutMs: PATIENCE_MS,
        describe: 'a callback to be answered 2xx',
      });
      return id;
    },
    stored: async (ids) => {
      const { rows } = await pool.query<{ id: string; n: number }>(
        `select event->>'externalCallId' as id, count(*)::int as n from call_events
          where tenant = $1 and type = 'call.ended' group by 1`,
        [tenant],
      );
      const counts = new Map(rows.map((row) => [row.id, row.n]));
      return ids.map((id) => counts.get(id) ?? 0);
    },
    dial: async (intentId, to) => {
      await sleepUntil(() => tab.request('dial', { intentId, to }), {
        timeoutMs: PATIENCE_MS,
        everyMs: 100,
        describe: 'the ack of a dial',
      });
    },
    finalOf: (intentId) =>
      events.find(({ op, data }) => FINALS.includes(op) && 'intentId' in data && data.intentId === intentId)
        ?.op,
  };
}
