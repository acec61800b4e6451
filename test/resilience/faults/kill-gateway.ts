import { sleepUntil } from '@ramal/testkit';
import type { Fault } from '../src/fault.ts';
import { READY_WITHIN_MS, waitReady } from '../src/fault-system.ts';

/** I5: the inbox is the truth; who comes back to another gateway reads on from where they were. */
export const killGateway: Fault = {
  name: 'kill-gateway',
  promise: 'kill -9 gateway with thousands of sockets: 0 missed pop-ups, agents back p99 within 5 s',
  sockets: 2000,
  async inject({ system, crowd, pick, signal }) {
    const victim = pick('ws-gateway');
    const killedMs = Date.now();
    system.stack.kill(victim, 'SIGKILL');
    const isBack = () =>
      crowd.tabs.every((tab) => tab.isReady()) &&
      crowd.tabs.some((tab) => (tab.connected.at(-1)?.fromMs ?? 0) > killedMs);
    await sleepUntil(() => signal.aborted || isBack(), { timeoutMs: 120_000, describe: 'agents to be back' });
    const valuesMs = crowd.tabs
      .map((tab) => (tab.connected.at(-1)?.fromMs ?? 0) - killedMs)
      .filter((ms) => ms > 0);
    await system.stack.restartOf(victim, READY_WITHIN_MS);
    await waitReady(system, victim);
    return { figures: [{ name: 'agentsBackMs', valuesMs, boundMs: 5000, judged: 'p99' }] };
  },
};
