import { type AgentClient, type ServerEvent, sleepUntil, WireError } from '@ramal/testkit';
import type { TestTenant } from '../harness/open-tenant.ts';

/**
 * An agent's page: comes back by itself and resumes, asks again what was not answered, and closes each end
 * pop-up, as a person does: an agent has at most 50 live ones.
 */
export interface SteadyAgent {
  readonly user: string;
  /** All events of all its connections, in the order received. */
  events(): ServerEvent[];
  /** How often it came back, and how often its place in the inbox was lost. */
  readonly stats: { reconnects: number; lost: number };
  /** Dials under one intentId until the gateway has acknowledged it. */
  dial(intentId: string, to: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startSteadyAgent(company: TestTenant, user: string): Promise<SteadyAgent> {
  const past: ServerEvent[] = [];
  const stats = { reconnects: 0, lost: 0 };
  let stopping = false;
  let current = await company.connect(user);

  const comeBack = (resume: { epoch: string; seq: number }): Promise<AgentClient> =>
    sleepUntil(() => company.connect(user, resume), {
      timeoutMs: 30_000,
      everyMs: 100,
      describe: `${user} to come back`,
    });
  const closeEndPopups = async (agent: AgentClient) => {
    const isEnd = ({ op, data }: ServerEvent) => op === 'popup.show' && 'kind' in data && data.kind === 'end';
    for (;;) {
      const { data } = await agent.waitFor(isEnd, { timeoutMs: 120_000 });
      if ('popupId' in data) await agent.request('popup.dismiss', { popupId: data.popupId });
    }
  };
  const live = async () => {
    for (;;) {
      // Ends with its connection.
      closeEndPopups(current).catch(() => undefined);
      await current.closed;
      const { resumeAt } = current;
      if (stopping) return;
      const next = await comeBack(resumeAt);
      past.push(...current.events);
      current = next;
      stats.reconnects += 1;
      if (next.ready.resume.status !== 'resumed') stats.lost += 1;
    }
  };
  const living = live();

  return {
    user,
    events: () => [...past, ...current.events],
    stats,
    dial: async (intentId, to) => {
      const ask = async () => {
        try {
          return await current.request('dial', { intentId, to });
        } catch (error) {
          if (error instanceof WireError && !error.retryable) return error;
          throw error;
        }
      };
      const answer = await sleepUntil(ask, { timeoutMs: 30_000, describe: `the ack of ${intentId}` });
      if (answer instanceof Error) throw answer;
    },
    stop: async () => {
      stopping = true;
      await current.close();
      await living;
    },
  };
}
