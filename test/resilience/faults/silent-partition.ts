import { setTimeout as delay } from 'node:timers/promises';
import { sleepUntil } from '@ramal/testkit';
import { DIAL_MS, type Fault, toLength } from '../src/fault.ts';
import { readMetric } from '../src/read-metric.ts';

const SILENT_MS = 30_000;
const LEAST_SILENT_MS = 8000;
const GATEWAYS = ['ws-gateway', 'ws-gateway-2'] as const;

/** I5: a connection that died without a word looks well until something is asked of it. */
export const silentPartition: Fault = {
  name: 'silent-partition',
  promise:
    'silent partition of 30 s between gateways and Redis: detected within 3 s, agents told within 5 s, 0 missed after it heals',
  always2xx: true,
  async inject({ system, crowd, scale, signal }) {
    const fromMs = Date.now();
    system.gatewayLine.silence();
    const detected = GATEWAYS.map(async (name) => {
      await sleepUntil(async () => (await readMetric(system.stack, name, 'ramal_gateway_cut_off')) === 1, {
        timeoutMs: 60_000,
        everyMs: 50,
        describe: `${name} to know that it is cut off`,
      });
      return Date.now() - fromMs;
    });
    const told = sleepUntil(() => crowd.tabs.every((tab) => crowd.stateOf(tab)?.state === 'unavailable'), {
      timeoutMs: 60_000,
      describe: 'all agents to be told',
    });
    try {
      const [detectedMs] = await Promise.all([
        Promise.all(detected),
        told,
        delay(toLength(SILENT_MS, scale, LEAST_SILENT_MS), undefined, { signal }),
      ]);
      const toldMs = crowd.tabs.map((tab) => (crowd.stateOf(tab)?.atMs ?? Infinity) - fromMs);
      await system.gatewayLine.heal();
      await sleepUntil(() => crowd.tabs.every((tab) => crowd.stateOf(tab)?.state === 'ok'), {
        timeoutMs: 60_000,
        describe: 'all agents to be told that all is well',
      });
      return {
        figures: [
          { name: 'detectedMs', valuesMs: detectedMs, boundMs: 3000 },
          { name: 'toldMs', valuesMs: toldMs, boundMs: 5000 },
        ],
        blind: [{ fromMs, toMs: Date.now() }],
        // Recorded, and then nobody on this side of the partition could tell a dialer.
        undiallable: [{ fromMs: fromMs - DIAL_MS, toMs: Date.now() }],
      };
    } finally {
      await system.gatewayLine.heal();
    }
  },
};
